#include "harness/format.h"

#include <fmt/format.h>

#include <array>

namespace rb {
namespace {

struct Unit {
  const char* name;
  double size;
};

constexpr std::array<Unit, 4> kTimes = {{{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
constexpr std::array<Unit, 4> kInstructions = {{{"", 1.0}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};

/// The largest unit in which the number is at least 1 once it is rounded.
const Unit& unit_for(double amount, Scale scale) {
  const auto& units = scale == Scale::kInstructions ? kInstructions : kTimes;
  for (std::size_t i = 0; i + 1 < units.size(); ++i) {
    if (amount / units[i].size < 999.5) return units[i];
  }
  return units.back();
}

/// Decimals that give a number three digits, once it is rounded.
int decimals_for(double value) { return value < 9.995 ? 2 : value < 99.95 ? 1 : 0; }

}  // namespace

std::string format_amount(double amount, Scale scale) {
  const Unit& unit = unit_for(amount, scale);
  const double value = amount / unit.size;
  const char* space = *unit.name == '\0' ? "" : " ";
  return fmt::format("{:.{}f}{}{}", value, decimals_for(value), space, unit.name);
}

std::string format_deviation(double deviation, double amount, Scale scale) {
  const Unit& unit = unit_for(amount, scale);
  return fmt::format("{:.{}f}", deviation / unit.size, decimals_for(amount / unit.size));
}

std::string format_ratio(std::optional<double> ratio) {
  if (!ratio) return "-";
  // A reference may take a thousandth of the time: two decimals would say 0.00.
  if (*ratio > 0 && *ratio < 0.0995) return fmt::format("{:.2g}", *ratio);
  return fmt::format("{:.{}f}", *ratio, decimals_for(*ratio));
}

std::string format_compared(double ratio) {
  return ratio >= 0.0995 && ratio < 2 ? fmt::format("{:.3f}", ratio) : format_ratio(ratio);
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
