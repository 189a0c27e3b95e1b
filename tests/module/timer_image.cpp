#include "tests/module/timer_image.h"

#include <catch2/catch.hpp>
#include <csignal>

namespace rb::test {

Image two_processes(std::int32_t id, unsigned share, std::uint32_t clock,
                    const std::function<void(ImageWriter&)>& change) {
  SyntheticTree tree("timers", 1);
  const TaskId child = tree.fork(tree.root(), share);
  rbi_timer timer{};
  timer.id = id;
  timer.clock = clock;
  timer.notify = SIGEV_SIGNAL;
  timer.signal = SIGUSR2;
  timer.task = RBI_NONE;
  timer.value = 3'600'000'000'000;
  tree.group_of(child).timers = {timer};
  ImageWriter writer;
  tree.write(writer);
  if (change) change(writer);
  auto image = writer.to_image();
  REQUIRE(image);
  return std::move(*image);
}

}  // namespace rb::test
