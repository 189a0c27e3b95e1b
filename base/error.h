// Recoverable errors as values. See docs/errors.md for the three kinds of error.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace rb {

/// What went wrong, as far as the caller's reaction differs by it.
enum class ErrorKind {
  kUsage,        ///< The command line is wrong: exit code 2.
  kBadImage,     ///< An image is damaged or not for us: exit code 1.
  kUnsupported,  ///< This strategy, image or machine can't do it: exit code 1.
  kLacking,      ///< A privilege, device or resource is missing: exit code 77.
  kRestart,      ///< A restart failed or restored something wrong: exit code 1.
  kSystem,       ///< A system call failed where it should not: exit code 1.
  kNoResult,     ///< The virtual machine ended without a result: exit code 4.
};

/// One clear sentence about what failed, and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::kSystem;
  std::string message;  ///< What failed, without a final period.
  std::string advice;   ///< What the user can do; may be empty.
};

template <class T>
using Result = tl::expected<T, Error>;

/// Status of an action that has no value.
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message,
                                                std::string advice = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(advice)});
}

/// A failed system call: "WHAT: strerror(errno_value)".
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view what, int errno_value = errno,
                                               std::string advice = {});

/// "message; advice", for printing.
[[nodiscard]] std::string describe(const Error& error);

/// Thrown where the environment is unusable; caught in main() only.
class EnvironmentError : public std::exception {
 public:
  explicit EnvironmentError(Error error) : error_(std::move(error)), text_(describe(error_)) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string text_;
};

/// A broken invariant: prints the place and aborts, in release builds too.
[[noreturn]] void invariant_failed(const char* expression, const char* file, int line);

}  // namespace rb

#define RB_ASSERT(expression)              \
  (static_cast<bool>(expression) ? void(0) \
                                 : ::rb::invariant_failed(#expression, __FILE__, __LINE__))

/// Returns the error of a Status expression from the enclosing function.
#define RB_TRY(expression)                                                \
  do {                                                                    \
    if (auto rb_status = (expression); !rb_status)                        \
      return ::tl::unexpected<::rb::Error>(std::move(rb_status).error()); \
  } while (false)
