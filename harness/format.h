// Numbers as people read them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace rb {

/// A duration with three digits and its unit: "41.2 us". Units are ns, us, ms, s.
/// @param ns not negative
[[nodiscard]] std::string format_duration(double ns);

/// A deviation in the unit and with the decimals of the duration it belongs to,
/// without naming the unit: of 41.2 us, "0.3".
[[nodiscard]] std::string format_deviation(double deviation_ns, double duration_ns);

/// Three digits: "1.63", "12.4", "250"; "-" for none.
[[nodiscard]] std::string format_ratio(std::optional<double> ratio);

/// With commas between thousands: "10,000".
[[nodiscard]] std::string format_count(std::size_t count);

}  // namespace rb
