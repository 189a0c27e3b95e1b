// Cells that run in guests, several at a time, by a guest that is none.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "harness/cli.h"
#include "harness/interrupt.h"
#include "harness/vm/cell_guests.h"

namespace {

using std::chrono::milliseconds;

constexpr const char* kDocument =
    R"({"context": {"vm": {"kernel": "6.1"}}, "cells": [{}], "warnings": []})";

/// Twelve cells of a command line, and what is needed to run them.
struct Run {
  Run() {
    parts.strategies = rb::strategies();
    parts.workloads = rb::workloads();
    const std::vector<const char*> arguments = {"bench",       "--vm",
                                                "--strategy",  "null",
                                                "--workload",  "threads:n=1,2,3,4,5,6,7,8",
                                                "--workload",  "processes:n=1,2,3,4",
                                                "--vm-memory", "256M"};
    auto command = rb::parse_command_line(arguments, parts);
    REQUIRE(command);
    options = std::get<rb::RunOptions>(*command);
    const auto null =
        std::find_if(parts.strategies.begin(), parts.strategies.end(),
                     [](const rb::Strategy* each) { return each->name == std::string("null"); });
    REQUIRE(null != parts.strategies.end());
    auto made = rb::make_matrix(options, parts, {*null});
    REQUIRE(made);
    matrix = std::move(*made);
    REQUIRE(matrix.size() == 12);
  }

  rb::Parts parts{};
  rb::RunOptions options;
  std::vector<rb::Group> matrix;
  std::ostringstream out, err;
  rb::Streams streams{out, err};
};

/// Takes all cells. @return their errors
std::vector<std::string> take_all(rb::vm::CellGuests& guests, const Run& run) {
  std::vector<std::string> errors;
  for (std::size_t i = 0; i < run.matrix.size(); ++i) {
    rb::GroupResult group;
    rb::CellResult cell;
    guests.take(group, cell);
    errors.push_back(cell.error ? cell.error->message : "");
  }
  return errors;
}

/// Of a cell's command line, so that each guest can end in its own way.
int number_of(const rb::vm::GuestJob& job) {
  for (const std::string& word : job.arguments) {
    const auto at = word.find("n=");
    if (at != std::string::npos) {
      return std::stoi(word.substr(at + 2)) + (word.find("processes") == std::string::npos ? 0 : 8);
    }
  }
  return 0;
}

TEST_CASE("each cell gets what its own guest said", "[guests]") {
  Run run;
  const auto guest = [](const rb::vm::GuestJob& job, const rb::Streams& streams) {
    const int number = number_of(job);
    std::this_thread::sleep_for(milliseconds(number * 7 % 5));
    streams.err << "what every guest says\n";
    if (number == 3) return rb::Result<int>(rb::fail(rb::ErrorKind::kNoResult, "it panicked"));
    if (number == 5) static_cast<void>(streams.replace_file(job.out, kDocument));
    return rb::Result<int>(number);
  };
  rb::vm::CellGuests guests({}, run.options, run.parts, run.streams, guest);
  REQUIRE(guests.begin(run.matrix));
  const auto context = guests.context();
  REQUIRE(context);
  CHECK(context->at("vm").at("kernel") == "6.1");
  const auto errors = take_all(guests, run);
  for (int number = 1; number <= 12; ++number) {
    const std::string& error = errors[static_cast<std::size_t>(number - 1)];
    INFO(number << ": " << error);
    if (number == 3) {
      CHECK(error == "it panicked");
    } else if (number != 5) {  // a document that lacks everything
      CHECK(error.find("exit code " + std::to_string(number)) != std::string::npos);
      CHECK(error.ends_with(' ' + std::to_string(number)));
    }
  }
  CHECK(run.err.str() == "what every guest says\n");  // once
  REQUIRE(guests.lost());
  CHECK(guests.lost()->message == "it panicked");
}

TEST_CASE("guests that nobody waits for are given up", "[guests]") {
  Run run;
  std::atomic<int> started = 0;
  std::atomic<int> given_up = 0;
  {
    const auto guest = [&](const rb::vm::GuestJob& job, const rb::Streams& /*streams*/) {
      ++started;
      while (!job.given_up()) std::this_thread::sleep_for(milliseconds(1));
      ++given_up;
      return rb::Result<int>(rb::fail(rb::ErrorKind::kNoResult, "given up"));
    };
    rb::vm::CellGuests guests({}, run.options, run.parts, run.streams, guest);
    REQUIRE(guests.begin(run.matrix));
    while (started == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(given_up == started);
  CHECK(started < 12);
}

TEST_CASE("after a signal no further guest is started", "[guests]") {
  Run run;
  const rb::InterruptGuard guard;
  std::atomic<int> started = 0;
  const auto guest = [&](const rb::vm::GuestJob& /*job*/, const rb::Streams& /*streams*/) {
    if (++started == 2) ::raise(SIGINT);
    while (rb::interrupted_by() == 0) std::this_thread::sleep_for(milliseconds(1));
    return rb::Result<int>(130);
  };
  // With one CPU the first guest would wait for ever.
  if (std::thread::hardware_concurrency() < 2) return;
  rb::vm::CellGuests guests({}, run.options, run.parts, run.streams, guest);
  REQUIRE(guests.begin(run.matrix));
  static_cast<void>(take_all(guests, run));
  CHECK(rb::interrupted_by() == SIGINT);
  CHECK(started < 12);
}

}  // namespace
