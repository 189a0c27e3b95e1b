#include "harness/ledger/kernel_facts.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "harness/ledger/classes.h"
#include "harness/ledger/needs.h"

namespace rb {
namespace {

constexpr std::string_view kModule = "\t[restart]";
constexpr std::uint64_t kLastFunction = 4096;  // bytes, at most

/// A line of /proc/kallsyms: "ffffffff81356870 T copy_process", "... t x\t[module]".
struct Symbol {
  std::uint64_t address = 0;
  std::string_view name;
  bool in_module = false;
};

bool parse_code_symbol(std::string_view line, Symbol& symbol) {
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), symbol.address, 16);
  const auto length = static_cast<std::size_t>(parsed.ptr - line.data());
  if (parsed.ec != std::errc() || line.size() < length + 4) return false;
  const char type = line[length + 1];
  if (type != 't' && type != 'T') return false;
  std::string_view rest = line.substr(length + 3);
  symbol.in_module = rest.ends_with(kModule);
  symbol.name = rest.substr(0, rest.find('\t'));
  return true;
}

/// Whether a symbol is a function or a part of it, such as copy_process.cold.
bool is_part_of(std::string_view symbol, std::string_view function) {
  return symbol.starts_with(function) &&
         (symbol.size() == function.size() || symbol[function.size()] == '.');
}

std::vector<std::string_view> wanted_functions() {
  std::vector<std::string_view> wanted;
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    for (const char* site : allocation_source(static_cast<ObjectClass>(i)).sites) {
      if (site != nullptr) wanted.emplace_back(site);
    }
  }
  return wanted;
}

void read_caches(KernelFacts& facts) {
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    for (const char* cache : allocation_source(static_cast<ObjectClass>(i)).caches) {
      if (cache == nullptr) continue;
      const std::filesystem::path directory = std::filesystem::path("/sys/kernel/slab") / cache;
      std::ifstream file(directory / "object_size");
      CacheFacts found;
      if (!(file >> found.object_size)) continue;
      std::error_code ignored;
      found.merged = std::filesystem::is_symlink(directory, ignored);
      facts.caches[cache] = found;
    }
  }
}

}  // namespace

void find_functions(std::istream& kallsyms, KernelFacts& facts) {
  const auto wanted = wanted_functions();
  std::vector<std::pair<std::string_view, CodeRange>> found;
  std::vector<std::uint64_t> module;
  std::string line;
  // The text can be read once only, and is too long to keep: a big heap makes every
  // fork dearer. A function ends where the next symbol begins, wherever that stands.
  while (std::getline(kallsyms, line)) {
    Symbol symbol;
    if (!parse_code_symbol(line, symbol) || symbol.address == 0) continue;
    if (symbol.in_module) module.push_back(symbol.address);
    for (auto& [name, range] : found) {
      if (symbol.address > range.start) range.end = std::min(range.end, symbol.address);
    }
    for (const std::string_view function : wanted) {
      if (is_part_of(symbol.name, function)) {
        found.push_back({function, {symbol.address, ~std::uint64_t{0}}});
      }
    }
  }
  for (const auto& [name, range] : found) {
    auto& ranges = facts.functions[std::string(name)];
    const auto same = [start = range.start](const CodeRange& other) {
      return other.start == start;
    };
    if (std::none_of(ranges.begin(), ranges.end(), same)) ranges.push_back(range);
  }
  if (module.empty()) return;
  const auto [first, last] = std::minmax_element(module.begin(), module.end());
  facts.module.push_back({*first, *last + kLastFunction});
}

Result<KernelFacts> read_kernel_facts() {
  const auto tracefs = Tracefs::open();
  if (!tracefs) return tl::unexpected(tracefs.error());
  KernelFacts facts;
  facts.allocations_name_caches = tracefs->has_field("kmem:kmem_cache_alloc", "name");
  facts.vdso_vmas = vdso_vmas();
  read_caches(facts);
  std::ifstream kallsyms("/proc/kallsyms");
  find_functions(kallsyms, facts);
  if (facts.functions.empty()) {
    return fail(ErrorKind::kLacking, "the kernel does not tell where its functions are",
                "run as root, or set kernel.kptr_restrict to 1");
  }
  return facts;
}

}  // namespace rb
