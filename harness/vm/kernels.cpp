#include "harness/vm/kernels.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "harness/vm/caches.h"

namespace rb::vm {
namespace {

constexpr std::string_view kPrefix = "vmlinuz-";
constexpr const char* kGetKernel =
    "run scripts/setup, which fetches Debian's linux-image-cloud-amd64, or name one with "
    "--vm-kernel";

std::string module_for(const std::string& version, const KernelPlaces& places) {
  for (const std::string& place : places.modules) {
    for (const char* folder : {"", "extra", "updates", "updates/dkms"}) {
      const std::filesystem::path path =
          std::filesystem::path(place) / version / folder / "restart.ko";
      if (::access(path.c_str(), R_OK) == 0) return path;
    }
  }
  return {};
}

/// Beside the boot directory that the kernel is in, as its package has it.
std::string modules_of(const std::string& version, const std::string& kernel) {
  const std::filesystem::path beside = std::filesystem::path("lib/modules") / version;
  const std::filesystem::path own =
      std::filesystem::absolute(kernel).parent_path().parent_path() / beside;
  return std::filesystem::is_directory(own / "kernel") ? own : "/" / beside;
}

bool ends_with_cloud(const Kernel& kernel) {
  return kernel.version.find("-cloud-") != std::string::npos;
}

/// Backports have a newer upstream version; Debian 12's ABI names start so.
bool is_debian_12(const Kernel& kernel) { return kernel.version.starts_with("6.1.0-"); }

Result<Kernel> kernel_at(const std::string& path, const KernelPlaces& places) {
  auto version = bzimage_version(path);
  if (!version) return tl::unexpected(std::move(version).error());
  return Kernel{*version, path, module_for(*version, places), modules_of(*version, path)};
}

}  // namespace

KernelPlaces kernel_places() {
  KernelPlaces places;
  places.kernels.emplace_back("/boot");
  std::error_code ignored;
  for (const std::string& cache : cache_directories()) {
    for (const auto& entry : std::filesystem::directory_iterator(cache + "/kernels", ignored)) {
      places.kernels.push_back(entry.path().string() + "/boot");
    }
  }
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  // build/PRESET/bin/bench, and build/module
  places.modules.push_back(program.parent_path().parent_path().parent_path() / "module");
  places.modules.emplace_back("/lib/modules");
  return places;
}

Result<std::string> bzimage_version(const std::string& path) {
  // The set-up header begins at 0x1f1; kernel_version, at 0x20e, is the offset of
  // a string, less 0x200.
  constexpr std::size_t kSetup = 0x8000;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot read the kernel " + path);
  std::string setup(kSetup, '\0');
  file.read(setup.data(), kSetup);
  const auto no_kernel = [&] {
    return fail(ErrorKind::kUsage, path + " is no bzImage of an x86 kernel");
  };
  if (file.gcount() < 0x210 || setup.compare(0x202, 4, "HdrS") != 0) return no_kernel();
  std::uint16_t offset = 0;
  std::memcpy(&offset, setup.data() + 0x20e, sizeof offset);
  const std::size_t begin = std::size_t{offset} + 0x200;
  if (offset == 0 || begin >= kSetup) return no_kernel();
  const std::size_t end = setup.find_first_of(std::string_view(" \0", 2), begin);
  if (end == std::string::npos || end == begin) return no_kernel();
  return setup.substr(begin, end - begin);
}

bool is_better(const Kernel& a, const Kernel& b) {
  const auto rank = [](const Kernel& kernel) {
    return std::tuple(!kernel.module.empty(), is_debian_12(kernel) && ends_with_cloud(kernel),
                      ends_with_cloud(kernel));
  };
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  return ::strverscmp(a.version.c_str(), b.version.c_str()) > 0;
}

std::vector<Kernel> find_kernels(const KernelPlaces& places) {
  std::vector<Kernel> kernels;
  std::error_code ignored;
  for (const std::string& place : places.kernels) {
    for (const auto& entry : std::filesystem::directory_iterator(place, ignored)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(kPrefix)) continue;
      if (auto kernel = kernel_at(entry.path(), places)) kernels.push_back(std::move(*kernel));
    }
  }
  std::stable_sort(kernels.begin(), kernels.end(), is_better);
  return kernels;
}

Result<Kernel> choose_kernel(const std::string& asked, const KernelPlaces& places) {
  if (asked.find('/') != std::string::npos) return kernel_at(asked, places);
  const auto kernels = find_kernels(places);
  std::string all;
  for (const Kernel& kernel : kernels) {
    if (kernel.version.starts_with(asked)) return kernel;
    all += (all.empty() ? "" : ", ") + kernel.version;
  }
  if (kernels.empty()) {
    return fail(ErrorKind::kLacking, "there is no kernel here that a virtual machine could boot",
                kGetKernel);
  }
  return fail(ErrorKind::kLacking,
              fmt::format("no kernel here has a version that begins with '{}'", asked),
              "there are " + all);
}

}  // namespace rb::vm
