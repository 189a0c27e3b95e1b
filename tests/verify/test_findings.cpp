#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/fd.h"
#include "harness/verify/findings.h"

namespace rb::test {
namespace {

/// What arrives of what `write` sends.
template <class Write>
Result<Verification> transmit(Write write) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  Findings findings(writing.get());
  write(findings);
  writing.reset();
  std::string text(65536, '\0');
  text.resize(static_cast<std::size_t>(::read(reading.get(), text.data(), text.size())));
  return parse_findings(text);
}

TEST_CASE("no differences arrive as success") {
  const auto result = transmit([](Findings& findings) { findings.finish(); });
  REQUIRE(result);
  CHECK(result->ok());
}

TEST_CASE("control characters do not break lines") {
  const auto result = transmit([](Findings& findings) {
    findings.add("a\nb\tc");
    findings.finish();
  });
  REQUIRE(result);
  CHECK(result->differences == std::vector<std::string>{"a\\x0ab\\x09c"});
}

TEST_CASE("as many as the limit arrive unchanged") {
  const auto result = transmit([](Findings& findings) {
    for (std::size_t i = 0; i < kMaxDifferences; ++i) findings.add("{}", i);
    findings.finish();
  });
  REQUIRE(result);
  CHECK(result->differences.size() == kMaxDifferences);
  CHECK(result->differences.back() == "19");
}

TEST_CASE("more than the limit are counted") {
  const auto result = transmit([](Findings& findings) {
    for (int i = 0; i < 100; ++i) findings.add("{}", i);
    findings.finish();
  });
  REQUIRE(result);
  CHECK(result->differences.size() == kMaxDifferences);
  CHECK(result->differences.front() == "0");
  CHECK(result->differences.back() == "and 81 more differences");
}

TEST_CASE("errors keep kind, message, advice, and what was found before") {
  const auto result = transmit([](Findings& findings) {
    findings.add("one");
    findings.fail_with({ErrorKind::kLacking, "no", "become root"});
  });
  REQUIRE(!result);
  CHECK(result.error().kind == ErrorKind::kLacking);
  CHECK(result.error().message == "no; found until then: one");
  CHECK(result.error().advice == "become root");
}

TEST_CASE("a report that was cut off is an error, never success") {
  const auto result = transmit([](Findings& findings) { findings.add("one"); });
  REQUIRE(!result);
  CHECK(result.error().kind == ErrorKind::kSystem);
  CHECK(!parse_findings(""));
  CHECK(!parse_findings("T0"));
}

}  // namespace
}  // namespace rb::test
