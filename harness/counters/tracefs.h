// The kernel's tracefs, without a mount point.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace rb {

/// tracefs, mounted for this object only: nobody else sees it, and nothing has to be
/// unmounted. Needs CAP_SYS_ADMIN.
class Tracefs {
 public:
  /// Errors: kLacking, with the reason.
  [[nodiscard]] static Result<Tracefs> open();

  /// A file's text, "events/kmem/kmem_cache_alloc/format" say. Errors: kLacking.
  [[nodiscard]] Result<std::string> read(const std::string& path) const;

  /// A tracepoint's number for perf_event_open(2). Errors: kLacking.
  /// @param tracepoint  "group:name"
  [[nodiscard]] Result<std::uint64_t> event_id(const std::string& tracepoint) const;

  /// Where a field is in a tracepoint's record. Errors: kLacking.
  [[nodiscard]] Result<std::size_t> field_offset(const std::string& tracepoint,
                                                 const std::string& field) const;

  /// Whether a tracepoint has a field of that name.
  [[nodiscard]] bool has_field(const std::string& tracepoint, const std::string& field) const;

 private:
  explicit Tracefs(Fd mount) : mount_(std::move(mount)) {}
  Fd mount_;
};

}  // namespace rb
