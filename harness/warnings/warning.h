// What makes numbers less worth than they look, as values.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rb {

/// The same record on the terminal and in the results.
struct Warning {
  std::string id;                    ///< for programs: "cpu-share", never changed
  std::string text;                  ///< what is so: no capital, no full stop
  std::string advice;                ///< what to do about it
  std::optional<double> value;       ///< what was measured, in the unit that the text names
  std::vector<std::string> cells{};  ///< those that it concerns; none: all of the run
};

/// "TEXT; ADVICE"
[[nodiscard]] std::string describe(const Warning& warning);

[[nodiscard]] nlohmann::ordered_json warning_json(const Warning& warning);

}  // namespace rb
