#include "harness/image_commands.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/format.h"
#include "harness/matrix.h"
#include "image/show.h"

namespace rb {
namespace {

std::string summary(const Image& image) {
  return fmt::format("version {}, {} tasks, {} bytes of metadata, {} bytes of pages",
                     image.header().version, format_count(image.tasks().size()),
                     format_count(image.header().metadata_size),
                     format_count(image.header().pages_size));
}

}  // namespace

Status image_write(const ImageWrite& options, const Parts& parts, std::ostream& out) {
  const auto sources = make_sources(options.workload, options.seed, parts);
  if (!sources) return tl::unexpected(sources.error());
  if (sources->size() != 1) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' names {} images", options.workload, sources->size()),
                "image write takes one workload with one value for each parameter");
  }
  const ImageSource& source = sources->front();
  ImageWriter writer;
  RB_TRY(source.workload->build(source.values, writer));
  RB_TRY(writer.write_file(options.out));
  // The pages were written a moment ago; all else is checked.
  const auto image = Image::open(options.out, CheckContents::kNo);
  if (!image) return tl::unexpected(image.error());
  out << fmt::format("{}: {}: {}\n", options.out, source.name, summary(*image));
  return {};
}

Status image_show(const ImageShow& options, std::ostream& out) {
  const auto image = Image::open(options.path, CheckContents::kNo);
  if (!image) return tl::unexpected(image.error());
  if (options.json) {
    out << show_json(*image).dump(2) << '\n';
  } else {
    out << show_text(*image, options.verbose);
  }
  return {};
}

Status image_check(const ImageCheck& options, std::ostream& out) {
  const auto image = Image::open(options.path, CheckContents::kYes);
  if (!image) return tl::unexpected(image.error());
  out << fmt::format("{}: ok: {}\n", options.path, summary(*image));
  return {};
}

}  // namespace rb
