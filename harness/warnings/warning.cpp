#include "harness/warnings/warning.h"

#include <nlohmann/json.hpp>

namespace rb {

std::string describe(const Warning& warning) { return warning.text + "; " + warning.advice; }

nlohmann::ordered_json warning_json(const Warning& warning) {
  using Json = nlohmann::ordered_json;
  return {{"id", warning.id},
          {"text", warning.text},
          {"advice", warning.advice},
          {"value", warning.value ? Json(*warning.value) : Json(nullptr)},
          {"cells", warning.cells}};
}

}  // namespace rb
