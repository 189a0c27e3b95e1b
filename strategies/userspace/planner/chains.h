// Many doubly linked lists over the same items, with counts and exact undo.
#pragma once

#include <cstddef>
#include <vector>

namespace rb {

/// Each item is in at most one list at a time. Undo works because an item that
/// was taken out keeps its neighbours ("dancing links", Knuth 2000): changes
/// must be undone in the reverse order.
class Chains {
 public:
  static constexpr int kNone = -1;

  Chains(int lists, int items)
      : head_(at(lists), kNone),
        count_(at(lists), 0),
        next_(at(items), kNone),
        previous_(at(items), kNone) {}

  [[nodiscard]] int first(int list) const { return head_[at(list)]; }
  [[nodiscard]] int next(int item) const { return next_[at(item)]; }
  [[nodiscard]] int previous(int item) const { return previous_[at(item)]; }
  [[nodiscard]] int count(int list) const { return count_[at(list)]; }

  void add_list() {
    head_.push_back(kNone);
    count_.push_back(0);
  }
  void drop_list() {
    head_.pop_back();
    count_.pop_back();
  }
  void add_item() {
    next_.push_back(kNone);
    previous_.push_back(kNone);
  }
  void drop_item() {
    next_.pop_back();
    previous_.pop_back();
  }

  void push_front(int list, int item) { relink(list, item, kNone, head_[at(list)]); }

  void take_out(int list, int item) {
    const int before = previous_[at(item)];
    const int after = next_[at(item)];
    (before == kNone ? head_[at(list)] : next_[at(before)]) = after;
    if (after != kNone) previous_[at(after)] = before;
    --count_[at(list)];
  }

  /// Undoes take_out(list, item); the neighbours are those it had then.
  void relink(int list, int item, int before, int after) {
    next_[at(item)] = after;
    previous_[at(item)] = before;
    (before == kNone ? head_[at(list)] : next_[at(before)]) = item;
    if (after != kNone) previous_[at(after)] = item;
    ++count_[at(list)];
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  std::vector<int> head_;
  std::vector<int> count_;
  std::vector<int> next_;
  std::vector<int> previous_;
};

}  // namespace rb
