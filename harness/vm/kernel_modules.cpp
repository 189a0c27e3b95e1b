#include "harness/vm/kernel_modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace rb::vm {
namespace {

constexpr std::string_view kSuffix = ".ko";

/// Names of modules have underscores; those of their files may have hyphens.
std::string module_name(const std::filesystem::path& file) {
  std::string name = file.stem();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::set<std::string> built_in(const std::filesystem::path& directory) {
  std::set<std::string> names;
  std::ifstream file(directory / "modules.builtin");
  for (std::string line; std::getline(file, line);) names.insert(module_name(line));
  return names;
}

std::map<std::string, std::string> loadable(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(directory / "kernel", error), end;
       !error && at != end; at.increment(error)) {
    if (at->path().extension() == kSuffix) files.emplace(module_name(at->path()), at->path());
  }
  return files;
}

/// Puts modules behind what they need.
class Order {
 public:
  explicit Order(const Kernel& kernel)
      : kernel_(kernel), built_in_(built_in(kernel.modules)), files_(loadable(kernel.modules)) {}

  Status add(const std::string& name) {
    if (built_in_.count(name) != 0 || !added_.insert(name).second) return {};
    const auto found = files_.find(name);
    if (found == files_.end()) {
      return fail(ErrorKind::kLacking,
                  fmt::format("there is no module {} of the virtual machine's kernel {}", name,
                              kernel_.version),
                  "scripts/fetch-kernel fetches those that are needed");
    }
    std::ifstream file(found->second, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    for (const std::string& needed : dependencies_of(bytes)) RB_TRY(add(needed));
    in_order_.push_back(found->second);
    return {};
  }
  std::vector<std::string> take() { return std::move(in_order_); }

 private:
  const Kernel& kernel_;
  std::set<std::string> built_in_;
  std::map<std::string, std::string> files_;  ///< by name
  std::set<std::string> added_;
  std::vector<std::string> in_order_;
};

}  // namespace

std::vector<std::string> dependencies_of(std::string_view module_file) {
  // The section is a row of strings, each ended by a zero.
  constexpr std::string_view kKey("\0depends=", 9);
  std::vector<std::string> names;
  const auto key = module_file.find(kKey);
  if (key == std::string_view::npos) return names;
  std::string_view rest = module_file.substr(key + kKey.size());
  rest = rest.substr(0, rest.find('\0'));
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    std::string name(rest.substr(0, comma));
    std::replace(name.begin(), name.end(), '-', '_');
    names.push_back(std::move(name));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return names;
}

Result<std::vector<std::string>> module_files(const Kernel& kernel,
                                              const std::vector<std::string>& names) {
  Order order(kernel);
  for (const std::string& name : names) RB_TRY(order.add(name));
  return order.take();
}

}  // namespace rb::vm
