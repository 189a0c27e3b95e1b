#include <catch2/catch.hpp>
#include <vector>

#include "harness/vm/frames.h"

using rb::vm::encode;
using rb::vm::FrameDecoder;
using rb::vm::FrameType;

namespace {

/// All that comes out, as "TYPE:PAYLOAD".
std::vector<std::string> all(FrameDecoder& decoder) {
  std::vector<std::string> frames;
  for (;;) {
    auto frame = decoder.next();
    REQUIRE(frame);
    if (!*frame) return frames;
    frames.push_back(static_cast<char>((*frame)->type) + (":" + (*frame)->payload));
  }
}

}  // namespace

TEST_CASE("a frame is its type, its length and its payload") {
  CHECK(encode(FrameType::kOut, "ab") == std::string("o\2\0\0\0ab", 7));
  CHECK(encode(FrameType::kExit, "") == std::string("x\0\0\0\0", 5));
}

TEST_CASE("frames come out as they went in, whatever the pieces") {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const std::string stream = encode(FrameType::kOut, every_byte) + encode(FrameType::kErr, "") +
                             encode(FrameType::kResults, std::string(70'000, 'r')) +
                             encode(FrameType::kExit, "77");
  const std::size_t piece = GENERATE(1, 4, 5, 6, 1000, 1'000'000);
  FrameDecoder decoder;
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(std::string_view(stream).substr(at, piece));
    for (auto& frame : all(decoder)) frames.push_back(std::move(frame));
  }
  CHECK(frames == std::vector<std::string>{"o:" + every_byte, "e:",
                                           "r:" + std::string(70'000, 'r'), "x:77"});
}

TEST_CASE("a frame that has not arrived is not there yet") {
  FrameDecoder decoder;
  decoder.feed(encode(FrameType::kExit, "77").substr(0, 6));
  CHECK(all(decoder).empty());
}

TEST_CASE("what is no frame is an error of its own kind") {
  FrameDecoder decoder;
  const auto garbage = GENERATE(std::string("[    0.000000] Linux"), std::string("o\xff\xff\xff\xff"));
  decoder.feed(garbage);
  const auto frame = decoder.next();
  REQUIRE_FALSE(frame);
  CHECK(frame.error().kind == rb::ErrorKind::kNoResult);
}
