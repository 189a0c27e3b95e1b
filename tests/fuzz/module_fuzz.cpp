// The kernel module's checks, in user space: they must stay inside the image, and must not
// accept what the validator refuses, but for what only user space reads.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "image/fields.h"
#include "image/validate.h"
#include "tests/fuzz/module_checks.h"

namespace {

/// The section whose record a message is about; RBI_SEC_COUNT: none.
std::size_t section_of(std::string_view message) {
  const std::string_view name = message.substr(0, message.find('['));
  for (std::size_t i = 0; i < RBI_SEC_COUNT; ++i) {
    if (rb::record_type(static_cast<rbi_section>(i)).name == name) return i;
  }
  return RBI_SEC_COUNT;
}

/// What the module leaves to user space: the sections that it does not read, and everywhere
/// checksums, references to strings, contents of pipes and pseudo-terminals, and which
/// socket or event a description is.
bool is_user_spaces(const std::string& message) {
  const std::size_t section = section_of(message);
  if (section == RBI_SEC_FIXTURES) return true;
  if (section > RBI_SEC_XSTATES && section < RBI_SEC_COUNT) return true;
  for (const char* part : {"checksum", "padding", "string", "path", "pipes[", "].object", "].data ",
                           "what bytes holds"}) {
    if (message.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const module_verdict verdict = check_by_module(data, size, size);
  if (size > 0) (void)check_by_module(data, size, size - 1 - size / 3);
  if (verdict.error != 0) return 0;

  struct Delete {
    void operator()(std::byte* bytes) const { ::operator delete (bytes, std::align_val_t{8}); }
  };
  const std::unique_ptr<std::byte, Delete> copy(
      static_cast<std::byte*>(::operator new (size, std::align_val_t{8})));
  std::memcpy(copy.get(), data, size);
  const rb::Status status = rb::validate({copy.get(), size}, rb::CheckContents::kNo);
  if (status || is_user_spaces(status.error().message)) return 0;
  fprintf(stderr, "the module accepts: %s\n", status.error().message.c_str());
  std::abort();
}
