// The tree of tasks.
#include <algorithm>
#include <vector>

#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

/// Deeper levels are not indented further, or a long chain would take space
/// quadratic in its length.
constexpr std::size_t kMaxIndent = 24;

struct Node {
  std::size_t group;
  std::size_t depth;
};

std::string objects(const rbi_task& task) {
  return fmt::format("mm {} files {} fs {} sighand {}", task.mm, task.files, task.fs, task.sighand);
}

std::string name_of(const rbi_task& task) { return quoted(task.name); }

class TreePrinter {
 public:
  TreePrinter(Page& page, const Image& image)
      : page_(page),
        image_(image),
        children_(image.groups().size()),
        threads_(image.groups().size()) {
    const auto groups = image.groups();
    for (std::size_t g = 1; g < groups.size(); ++g) children_[groups[g].parent].push_back(g);
    const auto tasks = image.tasks();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (groups[tasks[i].group].leader != i) threads_[tasks[i].group].push_back(i);
    }
  }

  /// Depth first, children in the order of the image; its own stack, as an
  /// image may be a chain of any length.
  void print() {
    const std::size_t total = image_.tasks().size();
    const std::size_t shown = page_.rows(total);
    std::vector<Node> stack = {{0, 0}};
    while (!stack.empty() && printed_ < shown) {
      const Node node = stack.back();
      stack.pop_back();
      print_group(node, shown);
      const auto& children = children_[node.group];
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        stack.push_back({*child, node.depth + 1});
      }
    }
    page_.rest(total, "tasks", "  ");
  }

 private:
  static std::string indent(std::size_t depth) {
    if (depth <= kMaxIndent) return std::string(2 * depth, ' ');
    return std::string(2 * kMaxIndent, ' ') + fmt::format("(level {}) ", depth);
  }

  void print_group(const Node& node, std::size_t shown) {
    const rbi_group& group = image_.groups()[node.group];
    const rbi_task& leader = image_.tasks()[group.leader];
    page_.line("  {}{} {}: {}; pgid {} sid {} exit signal {}{}", indent(node.depth), leader.pid,
               name_of(leader), objects(leader), group.pgid, group.sid,
               group.exit_signal == 0 ? "none" : signal_name(group.exit_signal), extras(leader));
    ++printed_;
    for (const std::size_t i : threads_[node.group]) {
      if (printed_ == shown) return;
      const rbi_task& thread = image_.tasks()[i];
      page_.line("  {}+ thread {} {}: {}{}", indent(node.depth), thread.pid, name_of(thread),
                 objects(thread), extras(thread));
      ++printed_;
    }
  }

  static std::string extras(const rbi_task& task) {
    return task.blocked == 0 ? "" : fmt::format("; blocked {}", signal_list(task.blocked));
  }

  Page& page_;
  const Image& image_;
  std::vector<std::vector<std::size_t>> children_;
  std::vector<std::vector<std::size_t>> threads_;
  std::size_t printed_ = 0;
};

}  // namespace

void task_tree(Page& page, const Image& image) {
  page.blank();
  page.line("tasks");
  TreePrinter(page, image).print();
}

}  // namespace rb::show
