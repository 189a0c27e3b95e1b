#include "harness/vm/neutral.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

#include "harness/json_results.h"

namespace rb::vm {

std::vector<std::string> neutral_arguments(std::vector<std::string> arguments) {
  constexpr std::string_view kOut = "--out";
  const std::string file = "results.json";
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string& argument = arguments[i];
    if (argument == kOut && i + 1 < arguments.size() && arguments[i + 1] != "-") {
      arguments[++i] = file;
    } else if (argument.starts_with("--out=") && argument != "--out=-") {
      argument = fmt::format("{}={}", kOut, file);
    }
  }
  return arguments;
}

std::string restored_results(const std::string& text, std::time_t time,
                             const std::vector<std::string>& arguments) {
  auto document = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("context")) return text;
  auto& context = document["context"];
  context["date"] = fmt::format("{:%Y-%m-%dT%H:%M:%S+00:00}", fmt::gmtime(time));
  context["start_time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
  context["command_line"] = arguments;
  return rb::to_text(document);
}

}  // namespace rb::vm
