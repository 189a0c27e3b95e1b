#include <cstring>

#include "image/fields.h"
#include "image/show.h"
#include "image/show_parts.h"

namespace rb {
namespace show {

std::string signal_name(unsigned signal) {
  const char* name = ::sigabbrev_np(static_cast<int>(signal));
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::string signal_list(__u64 mask) {
  std::string list;
  for (unsigned signal = 1; signal <= RBI_NR_SIGNALS; ++signal) {
    if ((mask >> (signal - 1) & 1) == 0) continue;
    list += list.empty() ? "" : ",";
    list += signal_name(signal);
  }
  return list.empty() ? "none" : list;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

namespace {

void summary(Page& page, const Image& image) {
  const rbi_header& header = image.header();
  page.line("image: version {}, x86-64, {} bytes: {} of metadata, {} of page contents",
            header.version, header.file_size, header.metadata_size, header.pages_size);
  std::string records;
  for (unsigned s = 0; s < RBI_SEC_COUNT; ++s) {
    const RecordType& type = record_type(static_cast<rbi_section>(s));
    if (type.fields.empty() || header.sections[s].count == 0) continue;
    records += records.empty() ? "" : ", ";
    records += fmt::format("{} {}", type.name, header.sections[s].count);
  }
  page.line("records: {}", records);
}

void fs_structs(Page& page, const Image& image) {
  page.blank();
  page.line("fs");
  const auto all = image.fs();
  for (std::size_t i = 0; i < page.rows(all.size()); ++i) {
    page.line("  fs {}: cwd {}, root {}, umask {:04o}", i, quoted(image.string(all[i].cwd)),
              quoted(image.string(all[i].root)), all[i].umask);
  }
  page.rest(all.size(), "fs", "  ");
}

void fixtures(Page& page, const Image& image) {
  const auto all = image.fixtures();
  if (all.empty()) return;
  page.blank();
  page.line("fixtures");
  for (std::size_t i = 0; i < page.rows(all.size()); ++i) {
    const std::string path = quoted(image.string(all[i].path));
    if (all[i].kind == RBI_FIXTURE_DIRECTORY) {
      page.line("  directory {} mode {:04o}", path, all[i].mode);
    } else {
      page.line("  file {} mode {:04o}, {} bytes from seed {:#x}", path, all[i].mode, all[i].size,
                all[i].seed);
    }
  }
  page.rest(all.size(), "fixtures", "  ");
}

}  // namespace
}  // namespace show

std::string show_text(const Image& image, bool verbose) {
  show::Page page(verbose);
  show::summary(page, image);
  show::task_tree(page, image);
  show::processes(page, image);
  show::address_spaces(page, image);
  show::descriptors(page, image);
  show::fs_structs(page, image);
  show::signals(page, image);
  show::fixtures(page, image);
  return page.take();
}

}  // namespace rb
