#include "image/validate.h"

#include <xxhash.h>

#include <cstring>

#include "image/validate/checks.h"

namespace rb {

__u64 metadata_checksum(std::span<const std::byte> bytes) {
  rbi_header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t size = header.metadata_size;
  header.checksum = 0;
  XXH64_state_t* state = XXH64_createState();
  RB_ASSERT(state != nullptr);
  XXH64_reset(state, 0);
  XXH64_update(state, &header, sizeof header);
  XXH64_update(state, bytes.data() + sizeof header, size - sizeof header);
  const __u64 sum = XXH64_digest(state);
  XXH64_freeState(state);
  return sum;
}

Status validate(std::span<const std::byte> bytes, CheckContents contents) {
  using namespace validation;
  RB_TRY(check_layout(bytes, contents));
  const View view(bytes);
  RB_TRY(check_strings(view));
  RB_TRY(check_all_ranges(view));
  RB_TRY(check_tasks(view));
  RB_TRY(check_groups(view));
  RB_TRY(check_tree(view));
  RB_TRY(check_sessions(view));
  RB_TRY(check_zombies(view));
  RB_TRY(check_memory(view));
  RB_TRY(check_mm_layouts(view));
  RB_TRY(check_runs(view));
  RB_TRY(check_fds(view));
  RB_TRY(check_ofds(view));
  RB_TRY(check_backings_used(view));
  RB_TRY(check_owners(view));
  RB_TRY(check_pipes(view));
  RB_TRY(check_ptys(view));
  RB_TRY(check_sockets(view));
  RB_TRY(check_watching(view));
  RB_TRY(check_locks(view));
  RB_TRY(check_credentials(view));
  RB_TRY(check_timers(view));
  RB_TRY(check_signals(view));
  RB_TRY(check_registers(view));
  return check_paths(view);
}

}  // namespace rb
