#include "harness/matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/workload_spec.h"

namespace rb {
namespace {

std::string source_name(const Workload& workload, const ParameterValues& values,
                        std::uint64_t seed) {
  std::string name = workload.name;
  for (const Parameter& parameter : workload.parameters) {
    name += fmt::format(":{}={}", parameter.name, values.at(parameter.name));
  }
  const std::int64_t own = values.at("seed");
  if (own != static_cast<std::int64_t>(seed)) name += fmt::format(":seed={}", own);
  return name;
}

/// Every source with every size of the creator that was asked for.
std::vector<ImageSource> with_creators(std::vector<ImageSource> sources,
                                       const RunOptions& options) {
  if (options.creator_fds.empty() && options.creator_memory.empty()) return sources;
  // What is not swept is not there.
  const auto fds =
      options.creator_fds.empty() ? std::vector<std::uint32_t>{0} : options.creator_fds;
  const auto memory =
      options.creator_memory.empty() ? std::vector<std::uint64_t>{0} : options.creator_memory;
  std::vector<ImageSource> sized;
  for (const ImageSource& source : sources) {
    for (const std::uint32_t descriptors : fds) {
      for (const std::uint64_t bytes : memory) {
        ImageSource& one = sized.emplace_back(source);
        // Of whole pages, as memory is.
        one.creator = {descriptors, (bytes + 4095) / 4096 * 4096};
        if (!options.creator_fds.empty()) one.name += fmt::format(":creator-fds={}", descriptors);
        if (!options.creator_memory.empty()) one.name += fmt::format(":creator-memory={}", bytes);
      }
    }
  }
  return sized;
}

std::size_t count_cells(const std::vector<Group>& groups) {
  std::size_t cells = 0;
  for (const Group& group : groups) cells += group.strategies.size();
  return cells;
}

}  // namespace

std::string cell_name(const ImageSource& source, const Strategy& strategy) {
  return source.name + '/' + strategy.name;
}

Result<std::vector<ImageSource>> make_sources(std::string_view workloads, std::uint64_t seed,
                                              const Parts& parts) {
  const auto requests = parse_workloads(workloads, parts.workloads);
  if (!requests) return tl::unexpected(requests.error());
  std::vector<ImageSource> sources;
  for (const WorkloadRequest& request : *requests) {
    const auto combinations = expand(request, seed);
    if (!combinations) return tl::unexpected(combinations.error());
    for (const ParameterValues& values : *combinations) {
      sources.push_back(
          {request.workload, values, {}, source_name(*request.workload, values, seed)});
    }
  }
  return sources;
}

Result<std::vector<Group>> make_matrix(const RunOptions& options, const Parts& parts,
                                       const std::vector<const Strategy*>& strategies) {
  std::vector<ImageSource> sources;
  const bool use_default = options.workloads.empty() && options.images.empty();
  if (use_default || !options.workloads.empty()) {
    auto made = make_sources(use_default ? parts.default_workloads : options.workloads,
                             options.seed, parts);
    if (!made) return tl::unexpected(std::move(made).error());
    sources = std::move(*made);
  }
  for (const std::string& path : options.images) {
    const auto named = std::find_if(options.image_names.begin(), options.image_names.end(),
                                    [&](const auto& entry) { return entry.first == path; });
    sources.push_back(
        {nullptr, {}, path, named == options.image_names.end() ? "image:" + path : named->second});
  }
  sources = with_creators(std::move(sources), options);

  auto filter = Filter::parse(options.filter);
  if (!filter) return tl::unexpected(std::move(filter).error());
  std::vector<Group> groups;
  for (ImageSource& source : sources) {
    Group group{std::move(source), {}};
    for (const Strategy* strategy : strategies) {
      if (filter->selects(cell_name(group.source, *strategy))) group.strategies.push_back(strategy);
    }
    if (!group.strategies.empty()) groups.push_back(std::move(group));
  }
  if (count_cells(groups) == 0) {
    return fail(ErrorKind::kUsage, fmt::format("--filter '{}' selects no cell", options.filter),
                "cells are named like threads:n=10/userspace");
  }
  return groups;
}

}  // namespace rb
