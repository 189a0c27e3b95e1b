// What a run consists of: cells, an image's cells together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "harness/filter.h"
#include "harness/options.h"
#include "harness/parts.h"

namespace rb {

/// Where the image of some cells comes from: a workload or a file.
struct ImageSource {
  const Workload* workload = nullptr;  ///< nullptr = a file
  ParameterValues values;
  std::string path;  ///< of the file

  /// "threads:n=10", "image:FILE", "threads:n=10:creator-fds=100". A seed is named only where it is
  /// not the run's own; the name of a workload can be given to --workload again.
  std::string name;
  /// What the restarting process has already; nothing if it was not asked for.
  std::optional<CreatorSize> creator = {};
};

/// The cells of one image: those of several strategies, run interleaved.
struct Group {
  ImageSource source;
  std::vector<const Strategy*> strategies;
};

/// "threads:n=10/userspace"
[[nodiscard]] std::string cell_name(const ImageSource& source, const Strategy& strategy);

/// Every image with every strategy, without what the filter drops. Errors
/// (kUsage): a wrong --workload, or nothing is left to run.
[[nodiscard]] Result<std::vector<Group>> make_matrix(
    const RunOptions& options, const Parts& parts, const std::vector<const Strategy*>& strategies);

/// Images only, for `bench image write`.
[[nodiscard]] Result<std::vector<ImageSource>> make_sources(std::string_view workloads,
                                                            std::uint64_t seed, const Parts& parts);

}  // namespace rb
