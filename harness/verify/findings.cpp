#include "harness/verify/findings.h"

#include <unistd.h>

#include <charconv>
#include <optional>

namespace rb {
namespace {

constexpr char kDifference = 'D';
constexpr char kEnd = 'T';
constexpr char kError = 'E';
constexpr char kRelease = 'R';
constexpr char kAdviceMark = '\t';

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      result += fmt::format("\\x{:02x}", code);
    } else {
      result += c;
    }
  }
  return result;
}

Error parse_error(std::string_view text) {
  Error error;
  error.kind = static_cast<ErrorKind>(text.empty() ? 0 : text.front() - '0');
  text.remove_prefix(text.empty() ? 0 : 1);
  const auto mark = text.find(kAdviceMark);
  error.message = text.substr(0, mark);
  if (mark != std::string_view::npos) error.advice = text.substr(mark + 1);
  return error;
}

}  // namespace

void Findings::add(std::string_view text) {
  if (count_++ < kMaxDifferences) send(kDifference, escape(text));
}

void Findings::release() const { send(kRelease, ""); }

void Findings::finish() const { send(kEnd, std::to_string(count_)); }

void Findings::fail_with(const Error& error) const {
  std::string text(1, static_cast<char>('0' + static_cast<int>(error.kind)));
  text += escape(error.message);
  text += kAdviceMark;
  text += escape(error.advice);
  send(kError, text);
}

void Findings::send(char kind, std::string_view text) const {
  std::string line(1, kind);
  line += text;
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return;  // The caller is gone, and with it whoever wants to know.
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool asks_for_release(std::string_view text) {
  constexpr std::string_view kLine{"R\n"};
  static_assert(kLine.front() == kRelease);
  return text.starts_with(kLine) || text.find("\nR\n") != std::string_view::npos;
}

Result<Verification> parse_findings(std::string_view text) {
  Verification verification;
  std::optional<std::size_t> total;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) break;  // A line cut off: its writer died.
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    if (line.front() == kError) {
      Error error = parse_error(rest);
      if (!verification.differences.empty()) {
        error.message += "; found until then: " + verification.differences.front();
      }
      return tl::unexpected<Error>(std::move(error));
    }
    if (line.front() == kDifference) verification.differences.emplace_back(rest);
    if (line.front() == kEnd) {
      std::size_t value = 0;
      std::from_chars(rest.data(), rest.data() + rest.size(), value);
      total = value;
    }
  }
  if (!total) return fail(ErrorKind::kSystem, "the verifier died without a result");
  if (*total > verification.differences.size()) {
    verification.differences.back() =
        fmt::format("and {} more differences", *total - verification.differences.size() + 1);
  }
  return verification;
}

}  // namespace rb
