// Writes images to begin with: a small one of every workload.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "tests/support/sample_image.h"
#include "workloads/registry.h"

namespace {

/// Two of everything, or as few as can be.
rb::Result<rb::Image> small_image(const rb::Workload& workload) {
  rb::ParameterValues values;
  for (const rb::Parameter& parameter : workload.parameters)
    values[parameter.name] = std::clamp<std::int64_t>(2, parameter.min, parameter.max);
  const auto complete = rb::complete_parameters(workload, values);
  if (!complete) return tl::unexpected<rb::Error>(complete.error());
  return rb::build_image(workload, *complete);
}

/// What is longer is rarely tried as a whole: scripts/fuzz cuts there.
constexpr std::size_t kLongest = 1u << 18;

bool write(const std::string& directory, std::string_view name, const rb::Image& image) {
  const auto bytes = image.bytes();
  if (bytes.size() > kLongest) return true;
  std::ofstream file(fmt::format("{}/{}.image", directory, name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: fuzz_seeds DIRECTORY\n");
    return 2;
  }
  const auto sample = rb::test::sample_image().to_image();
  if (!sample || !write(argv[1], "sample", *sample)) return 1;
  for (const rb::Workload* workload : rb::workloads()) {
    const auto image = small_image(*workload);
    if (!image) {
      fmt::print(stderr, "{}: {}\n", workload->name, image.error().message);
      return 1;
    }
    if (!write(argv[1], workload->name, *image)) return 1;
  }
  return 0;
}
