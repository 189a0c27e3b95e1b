#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rb {

tl::unexpected<Error> fail_errno(std::string_view what, int errno_value, std::string advice) {
  std::string message(what);
  message += ": ";
  message += std::strerror(errno_value);
  return fail(ErrorKind::kSystem, std::move(message), std::move(advice));
}

std::string describe(const Error& error) {
  return error.advice.empty() ? error.message : error.message + "; " + error.advice;
}

void invariant_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "bench: internal error: %s does not hold at %s:%d\n", expression, file,
               line);
  std::abort();
}

}  // namespace rb
