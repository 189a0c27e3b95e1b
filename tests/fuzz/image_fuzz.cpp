// Whatever bytes there are: the validator refuses them by name, or everything that reads
// an image can read them.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "image/show.h"
#include "image/validate.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/program_restarter.h"

namespace {

using rb::Image;

[[noreturn]] void wrong(const char* what, const std::string& detail) {
  fprintf(stderr, "%s: %s\n", what, detail.c_str());
  std::abort();
}

/// Bytes as images have them: at an address that is a multiple of 8, with nothing behind.
struct Exact {
  explicit Exact(std::span<const std::uint8_t> data)
      : bytes(static_cast<std::byte*>(::operator new (data.size(), std::align_val_t{8}))) {
    std::memcpy(bytes, data.data(), data.size());
  }
  ~Exact() { ::operator delete (bytes, std::align_val_t{8}); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  std::byte* bytes;
};

Image open(std::span<const std::uint8_t> data) {
  rb::Fd fd(::memfd_create("image", MFD_CLOEXEC));
  if (::write(fd.get(), data.data(), data.size()) != static_cast<ssize_t>(data.size()))
    wrong("write", strerror(errno));
  auto image = Image::from_fd(std::move(fd));
  if (!image) wrong("a valid image cannot be opened", image.error().message);
  return std::move(*image);
}

/// What strategies map and copy lies in the file.
void find_contents(const Image& image) {
  const auto whole = image.bytes();
  const auto inside = [&](std::span<const std::byte> part, const char* what) {
    if (part.data() < whole.data() || part.size() > whole.size() ||
        part.data() - whole.data() > static_cast<std::ptrdiff_t>(whole.size() - part.size()))
      wrong("outside of the file", what);
  };
  for (const rbi_run& run : image.runs()) inside(image.contents(run), "a run of pages");
  for (const rbi_pipe& pipe : image.pipes()) inside(image.pipe_data(pipe), "a pipe's contents");
  for (const rbi_registers& registers : image.registers()) inside(image.xstate(registers), "XSAVE");
}

/// A plan makes exactly the graph, and the program for it can be worked out.
void restart_on_paper(const Image& image) {
  if (image.tasks().size() > 64) return;  // the planner has a fuzzer of its own
  const rb::SharingGraph graph = rb::sharing_graph(image);
  rb::PlannerMeans means;
  means.node_limit = 200;
  const auto plan = rb::make_plan(graph, means);
  if (!plan) return;
  const rb::Replay replay = rb::replay(graph, *plan);
  if (!replay.mistake.empty()) wrong("a plan makes another tree", replay.mistake);
  const auto program =
      rb::compile(rb::ImageAt{image, 0}, graph, *plan, rb::DescriptorOrder::kTopologyFirst);
  if (!program && program.error().message.empty()) wrong("an error without words", "compile");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  const Exact exact(input);
  const rb::Status status = rb::validate({exact.bytes, size}, rb::CheckContents::kYes);
  if (!status) {
    if (status.error().kind != rb::ErrorKind::kBadImage || status.error().message.empty())
      wrong("a refusal must name what is wrong", status.error().message);
    return 0;
  }
  const Image image = open(input);
  if (rb::show_text(image, true).empty()) wrong("show_text", "shows nothing");
  if (rb::show_json(image).dump(-1, ' ', true, nlohmann::json::error_handler_t::strict).empty())
    wrong("show_json", "shows nothing");
  find_contents(image);
  restart_on_paper(image);
  return 0;
}
