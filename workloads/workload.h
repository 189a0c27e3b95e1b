// The contract of a synthetic workload: parameters in, image out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/image.h"
#include "image/writer.h"

namespace rb {

/// One integer parameter of a workload.
struct Parameter {
  const char* name;
  const char* summary;  ///< one line, with the unit
  std::int64_t default_value;
  std::int64_t min;
  std::int64_t max;
  const char* default_sweep;  ///< comma-separated values of `--workload all`
};

/// Values of all parameters of a workload, by name, "seed" included.
using ParameterValues = std::map<std::string, std::int64_t, std::less<>>;

/// A workload; every field is required. Same values, same bytes.
struct Workload {
  const char* name;
  const char* summary;                    ///< one line
  std::span<const Parameter> parameters;  ///< without "seed", which every workload has

  /// Appends the tree to an empty writer. Values are complete and in range.
  /// Errors are combinations that make no sense (kUsage).
  Status (*build)(const ParameterValues& values, ImageWriter& writer);
};

/// All workloads, in the order in which they are listed.
[[nodiscard]] std::span<const Workload* const> workloads();

/// The workload of that name, or nullptr.
[[nodiscard]] const Workload* find_workload(std::string_view name);

/// Fills in defaults and checks names and ranges (kUsage, naming the workload,
/// the parameter and the range).
[[nodiscard]] Result<ParameterValues> complete_parameters(const Workload& workload,
                                                          const ParameterValues& given);

/// Builds a workload's image in memory (a memfd), validated.
[[nodiscard]] Result<Image> build_image(const Workload& workload, const ParameterValues& values);

/// Makes the files that an image's fixtures name, where they do not exist with
/// the right size already. Refuses a directory that is not ours (owner, symlink).
[[nodiscard]] Status make_fixtures(const Image& image);

}  // namespace rb
