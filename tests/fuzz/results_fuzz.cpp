// What a virtual machine says of a cell, damaged: read, or refused.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/results_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = nlohmann::ordered_json::parse(data, data + size, nullptr, false);
  if (document.is_discarded()) return 0;
  rb::CellResult cell;
  std::size_t tasks = 0;
  const rb::Status status = rb::read_cell(document, cell, tasks);
  if (!status &&
      (status.error().kind != rb::ErrorKind::kNoResult || status.error().message.empty()))
    std::abort();
  return 0;
}
