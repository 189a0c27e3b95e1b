// Strings, fs_structs and fixtures.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

Status check_fs(const View& view, std::size_t i, const rbi_fs& fs) {
  const At at(view, RBI_SEC_FS, i);
  RB_TRY(at.path("cwd", fs.cwd));
  RB_TRY(at.path("root", fs.root));
  RB_TRY(at.bits("umask", fs.umask, 0777));
  return at.zero("reserved", fs.reserved);
}

Status check_fixture(const View& view, std::size_t i, const rbi_fixture& fixture) {
  const At at(view, RBI_SEC_FIXTURES, i);
  RB_TRY(at.within("kind", fixture.kind, 0, RBI_FIXTURE_KIND_COUNT - 1));
  RB_TRY(at.path("path", fixture.path));
  RB_TRY(at.bits("mode", fixture.mode, 0777));
  RB_TRY(at.zero("reserved", fixture.reserved));
  if (fixture.kind == RBI_FIXTURE_DIRECTORY) {
    return at.require(fixture.size == 0, "size", "must be 0 for a directory");
  }
  return at.require(fixture.size % 8 == 0 && fixture.size <= kMaxOffset, "size",
                    "must be a multiple of 8 and at most 2^63 - 1");
}

/// Paths are unique, and a parent that is a fixture is a directory made before.
Status check_fixture_tree(const View& view) {
  const auto fixtures = view.table<rbi_fixture>(RBI_SEC_FIXTURES);
  using Entry = std::pair<std::string_view, std::size_t>;
  std::vector<Entry> paths;
  paths.reserve(fixtures.size());
  for (std::size_t i = 0; i < fixtures.size(); ++i) {
    paths.emplace_back(view.string(fixtures[i].path), i);
  }
  std::sort(paths.begin(), paths.end());
  const auto twice =
      std::adjacent_find(paths.begin(), paths.end(),
                         [](const Entry& a, const Entry& b) { return a.first == b.first; });
  if (twice != paths.end()) {
    return At(view, RBI_SEC_FIXTURES, std::next(twice)->second)
        .refuse("path", fmt::format("must be unique, fixtures[{}] has it too", twice->second));
  }
  for (const auto& [path, i] : paths) {
    const std::string_view parent = path.substr(0, path.rfind('/'));
    const auto at = std::lower_bound(paths.begin(), paths.end(), Entry(parent, 0));
    if (at == paths.end() || at->first != parent) continue;
    const At fixture(view, RBI_SEC_FIXTURES, i);
    if (at->second > i) {
      return fixture.refuse(
          "path", fmt::format("must follow its parent directory, fixtures[{}]", at->second));
    }
    if (fixtures[at->second].kind != RBI_FIXTURE_DIRECTORY) {
      return fixture.refuse("path",
                            fmt::format("its parent, fixtures[{}], is no directory", at->second));
    }
  }
  return {};
}

}  // namespace

Status check_strings(const View& view) {
  const auto strings = view.section_bytes(RBI_SEC_STRINGS);
  if (strings.empty()) return {};
  if (strings.back() != std::byte{}) {
    return refuse_record(RBI_SEC_STRINGS, strings.size() - 1, "the last byte must be NUL");
  }
  const auto* text = reinterpret_cast<const char*>(strings.data());
  for (std::size_t start = 0; start < strings.size();) {
    const std::size_t length = std::strlen(text + start);
    if (length >= PATH_MAX) {
      return refuse_record(
          RBI_SEC_STRINGS, start,
          fmt::format("has {} bytes: must be shorter than PATH_MAX {}", length, PATH_MAX));
    }
    start += length + 1;
  }
  return {};
}

Status check_paths(const View& view) {
  const auto fs = view.table<rbi_fs>(RBI_SEC_FS);
  for (std::size_t i = 0; i < fs.size(); ++i) RB_TRY(check_fs(view, i, fs[i]));
  const auto fixtures = view.table<rbi_fixture>(RBI_SEC_FIXTURES);
  for (std::size_t i = 0; i < fixtures.size(); ++i) RB_TRY(check_fixture(view, i, fixtures[i]));
  return check_fixture_tree(view);
}

}  // namespace rb::validation
