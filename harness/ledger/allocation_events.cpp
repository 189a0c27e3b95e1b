#include "harness/ledger/allocation_events.h"

#include <fmt/format.h>

#include <span>

namespace rb {
namespace {

/// "(call_site>=0x1000 && call_site<0x2000 || ...)", the other ranges, too; empty if there is
/// no such function.
std::string site_filter(std::span<const char* const> sites, const KernelFacts& facts,
                        std::span<const CodeRange> others) {
  std::string filter;
  const auto add = [&](const CodeRange& range) {
    filter += fmt::format("{}(call_site>={:#x} && call_site<{:#x})", filter.empty() ? "" : " || ",
                          range.start, range.end);
  };
  for (const char* site : sites) {
    if (site == nullptr) continue;
    const auto found = facts.functions.find(site);
    if (found == facts.functions.end()) continue;
    for (const CodeRange& range : found->second) add(range);
  }
  if (filter.empty()) return {};
  for (const CodeRange& range : others) add(range);
  return '(' + filter + ')';
}

}  // namespace

Result<EventSpec> creation_event(ObjectClass object, const KernelFacts& facts) {
  const AllocationSource& source = allocation_source(object);
  EventSpec event;
  event.name = object_class_name(object);
  const auto unknown = [&](std::string_view what) {
    return fail(ErrorKind::kLacking, fmt::format("{}: this kernel has no {}", event.name, what));
  };
  // The module takes objects from their caches itself, but not what kmalloc() makes: what it
  // allocates so is its own.
  const bool from_cache = source.caches.front() != nullptr;
  const std::string sites =
      site_filter(source.sites, facts, from_cache ? facts.module : std::vector<CodeRange>{});
  if (!from_cache) {
    if (sites.empty()) return unknown(source.sites.front());
    event.tracepoint = "kmem:kmalloc";
    event.filter = fmt::format("{} && {}", source.size_filter, sites);
    return event;
  }
  event.tracepoint = "kmem:kmem_cache_alloc";
  if (source.any_size) {  // so what the module takes from other caches would count, too
    event.filter = site_filter(source.sites, facts, {});
    if (!event.filter.empty()) return event;
  }
  for (const char* cache : source.caches) {
    const auto found = cache == nullptr ? facts.caches.end() : facts.caches.find(cache);
    if (found == facts.caches.end()) continue;
    if (facts.allocations_name_caches && !found->second.merged) {
      event.filter = fmt::format("name==\"{}\"", cache);
      return event;
    }
    if (sites.empty()) return unknown(source.sites.front());
    event.filter = fmt::format("bytes_req=={} && {}", found->second.object_size, sites);
    return event;
  }
  return unknown(fmt::format("slab cache {}", source.caches.front()));
}

Result<EventSpec> vma_copy_event(const KernelFacts& facts) {
  constexpr const char* kCache = "vm_area_struct";
  constexpr const char* kSites[] = {"vm_area_dup"};
  const auto cache = facts.caches.find(kCache);
  const std::string sites = site_filter(kSites, facts, {});
  if (cache == facts.caches.end() || sites.empty()) {
    return fail(ErrorKind::kLacking, "this kernel does not tell copied VMAs apart");
  }
  EventSpec event;
  event.name = "vma copied";
  event.tracepoint = "kmem:kmem_cache_alloc";
  event.filter = fmt::format("bytes_req=={} && {}", cache->second.object_size, sites);
  return event;
}

}  // namespace rb
