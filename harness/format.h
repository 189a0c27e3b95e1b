// Numbers as people read them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace rb {

/// What a number counts.
enum class Scale {
  kTime,          ///< ns; units are ns, us, ms, s
  kInstructions,  ///< units are none, k, M, G
};

/// An amount with three digits and its unit: "41.2 us", "12.3 k".
/// @param amount not negative
[[nodiscard]] std::string format_amount(double amount, Scale scale);

/// A deviation in the unit and with the decimals of the amount it belongs to,
/// without naming the unit: of 41.2 us, "0.3".
[[nodiscard]] std::string format_deviation(double deviation, double amount, Scale scale);

/// Three digits: "1.63", "12.4", "250"; "-" for none.
[[nodiscard]] std::string format_ratio(std::optional<double> ratio);

/// The same with one digit more near 1, where differences of a percent matter: "0.994".
[[nodiscard]] std::string format_compared(double ratio);

/// With commas between thousands: "10,000".
[[nodiscard]] std::string format_count(std::size_t count);

}  // namespace rb
