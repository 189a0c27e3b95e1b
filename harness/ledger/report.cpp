#include "harness/ledger/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/counters/passes.h"
#include "harness/format.h"
#include "harness/text_table.h"

namespace rb {
namespace {

using Row = std::vector<std::string>;

/// Appends what `text` says of each class.
template <class Text>
Row with_classes(Row row, Text text) {
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    row.push_back(text(static_cast<ObjectClass>(i), i));
  }
  return row;
}

std::string count(std::uint64_t number) { return format_count(number); }

/// As counted; where restarts differ, the least and the most of them.
std::string counted_text(const EventCounts& event) {
  if (!event.counts) return "unsupported";
  const auto [least, most] = std::minmax_element(event.counts->begin(), event.counts->end());
  return *least == *most ? count(*least) : fmt::format("{}-{}", count(*least), count(*most));
}

std::string useless_text(const Ledger& ledger, ObjectClass object) {
  const auto number = useless(ledger, object);
  if (!number) return "unsupported";
  return fmt::format("{}{}", *number < 0 ? "-" : "",
                     count(static_cast<std::uint64_t>(std::abs(*number))));
}

void print_objects(std::ostream& out, const std::vector<LedgerEntry>& entries) {
  TextTable table(3);
  table.add(with_classes({"ledger", "strategy", ""}, [](ObjectClass object, std::size_t) {
    return std::string(object_class_name(object));
  }));
  const std::string* image = nullptr;
  for (const LedgerEntry& entry : entries) {
    const Ledger& ledger = *entry.ledger;
    if (image == nullptr || *image != entry.image) {
      table.add(with_classes({entry.image, "", "needed"},
                             [&](ObjectClass, std::size_t i) { return count(ledger.needed[i]); }));
      image = &entry.image;
    }
    table.add(with_classes({"", entry.strategy, "created"}, [&](ObjectClass, std::size_t i) {
      return counted_text(ledger.created.events[i]);
    }));
    table.add(with_classes({"", "", "destroyed"}, [&](ObjectClass, std::size_t i) {
      return counted_text(ledger.destroyed[i]);
    }));
    table.add(with_classes({"", "", "useless"}, [&](ObjectClass object, std::size_t) {
      return useless_text(ledger, object);
    }));
    table.add(with_classes({"", "", "referenced"}, [&](ObjectClass object, std::size_t) {
      const auto number = referenced(ledger, object);
      return number ? count(*number) : "-";
    }));
  }
  table.print(out);
}

void print_work(std::ostream& out, const std::vector<LedgerEntry>& entries) {
  TextTable table(2);
  table.add({"useless work", "strategy", "tasks", "execs", "unshares", "fds copied", "fds closed",
             "pages copied", "counting"});
  for (const LedgerEntry& entry : entries) {
    Row row = {entry.image, entry.strategy};
    const auto& account = entry.ledger->account;
    const RestartWork work = account ? account->work : RestartWork{};
    for (const std::uint64_t number :
         {work.throwaway_tasks, work.execs, work.unshares, work.descriptors_copied,
          work.descriptors_closed, work.pages_copied}) {
      row.push_back(account ? count(number) : "-");
    }
    row.push_back(format_ratio(counting_cost(entry.ledger->created)));
    table.add(std::move(row));
  }
  table.print(out);
}

}  // namespace

void print_ledger(std::ostream& out, const std::vector<LedgerEntry>& entries) {
  if (entries.empty()) return;
  out << '\n';
  print_objects(out, entries);
  out << '\n';
  print_work(out, entries);
  out << fmt::format(
      "\nneeded       objects that the image's tree consists of\n"
      "created      in one restart, counted in the kernel: the least and the most of {}; the "
      "process\n"
      "             that restarts is one task with one of each\n"
      "destroyed    of these, before the tree runs\n"
      "useless      created, not needed; below 0: one object serves where the image has several\n"
      "referenced   times a task got a reference in place of an object, as the strategy says\n"
      "useless work as the strategy says: throw-away tasks, execs; descriptors in tables that "
      "were\n"
      "             copied, descriptors closed again, entries of private pages that clone copied\n"
      "counting     how many times as long a restart takes that is counted\n",
      kRestartsPerPass);
}

}  // namespace rb
