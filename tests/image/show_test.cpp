// Golden files: what an image looks like to people and to programs. To accept
// a change: RB_UPDATE_GOLDEN=1 test_image "[golden]", then read the difference.
#include "image/show.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/image/image_bytes.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(RB_GOLDEN_DIR "/") + name;
  if (std::getenv("RB_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  REQUIRE(file);
  std::ostringstream golden;
  golden << file.rdbuf();
  CHECK(text == golden.str());
}

TEST_CASE("an image as text", "[golden]") {
  const Result<Image> image = sample_image().to_image();
  REQUIRE(image);
  check_golden("sample.txt", show_text(*image));
}

TEST_CASE("an image as JSON", "[golden]") {
  const Result<Image> image = sample_image().to_image();
  REQUIRE(image);
  check_golden("sample.json", show_json(*image).dump(1) + "\n");
}

TEST_CASE("the JSON has every field of every record") {
  const Result<Image> image = sample_image().to_image();
  REQUIRE(image);
  const auto json = show_json(*image);
  for (const RecordType* type : all_record_types()) {
    const auto& entry = json.at(std::string(type->name));
    const auto& record = entry.is_array() ? entry.at(0) : entry;
    for (const Field& field : type->fields) {
      INFO(type->name << "." << field.name);
      CHECK(record.contains(std::string(field.name)));
    }
  }
}

TEST_CASE("long lists are cut short unless all was asked for") {
  ImageWriter writer = sample_image();
  for (std::uint32_t i = 0; i < 1000; ++i) {
    rbi_task thread = writer.tasks[1];
    thread.pid = 1000 + i;
    thread.registers = 4 + i;
    writer.tasks.push_back(thread);
    writer.registers.push_back(writer.registers[0]);
    writer.fds.push_back({100 + i, 0, 0, 0});
  }
  writer.files[1].fd_count += 1000;
  const Result<Image> image = writer.to_image();
  REQUIRE(image);
  const std::string text = show_text(*image);
  CHECK_THAT(text, Catch::Contains("  ... and 972 more tasks\n"));
  CHECK_THAT(text, Catch::Contains("    ... and 984 more fds\n"));
  CHECK_THAT(text, !Catch::Contains("thread 1999"));
  const std::string all = show_text(*image, true);
  CHECK_THAT(all, Catch::Contains("thread 1999"));
  CHECK_THAT(all, !Catch::Contains("more"));
}

TEST_CASE("a chain of any depth is shown in linear space") {
  ImageWriter writer = sample_image();
  for (std::uint32_t i = 0; i < 20000; ++i) {
    rbi_task child = writer.tasks[3];
    child.pid = 1000 + i;
    child.group = 3 + i;
    child.registers = 4 + i;
    writer.tasks.push_back(child);
    writer.registers.push_back(writer.registers[0]);
    writer.groups.push_back({4 + i, 2 + i, 102, 102, 17, 0, 0, 0, {}, 0, 0, 0, 0, 0, 0});
  }
  const Result<Image> image = writer.to_image();
  REQUIRE(image);
  CHECK(show_text(*image, true).size() < 20000 * 250);
}

}  // namespace
}  // namespace rb::test
