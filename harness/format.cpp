#include "harness/format.h"

#include <fmt/format.h>

#include <array>

namespace rb {
namespace {

struct Unit {
  const char* name;
  double ns;
};

/// The largest unit in which the number is at least 1 once it is rounded.
const Unit& unit_for(double ns) {
  static constexpr std::array<Unit, 4> kUnits = {
      {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (ns / kUnits[i].ns < 999.5) return kUnits[i];
  }
  return kUnits.back();
}

/// Decimals that give a number three digits, once it is rounded.
int decimals_for(double value) { return value < 9.995 ? 2 : value < 99.95 ? 1 : 0; }

}  // namespace

std::string format_duration(double ns) {
  const Unit& unit = unit_for(ns);
  const double value = ns / unit.ns;
  return fmt::format("{:.{}f} {}", value, decimals_for(value), unit.name);
}

std::string format_deviation(double deviation_ns, double duration_ns) {
  const Unit& unit = unit_for(duration_ns);
  return fmt::format("{:.{}f}", deviation_ns / unit.ns, decimals_for(duration_ns / unit.ns));
}

std::string format_ratio(std::optional<double> ratio) {
  if (!ratio) return "-";
  // A reference may take a thousandth of the time: two decimals would say 0.00.
  if (*ratio > 0 && *ratio < 0.0995) return fmt::format("{:.2g}", *ratio);
  return fmt::format("{:.{}f}", *ratio, decimals_for(*ratio));
}

std::string format_count(std::size_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace rb
