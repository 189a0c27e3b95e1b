#include "tests/support/image_mutator.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "image/fields.h"
#include "tests/support/image_parts.h"

namespace rb::test {
namespace {

/// Numbers at which something begins or ends: pages, limits of types, of user addresses.
constexpr std::array<std::uint64_t, 28> kInteresting = {0,
                                                        1,
                                                        2,
                                                        7,
                                                        8,
                                                        9,
                                                        17,
                                                        19,
                                                        31,
                                                        64,
                                                        65,
                                                        4095,
                                                        4096,
                                                        4097,
                                                        0xffff,
                                                        0x10000,
                                                        0x7fffffff,
                                                        0x80000000,
                                                        0xfffffffe,
                                                        0xffffffff,
                                                        1ull << 32,
                                                        1ull << 47,
                                                        (1ull << 47) - 4096,
                                                        (1ull << 47) - 1,
                                                        1ull << 62,
                                                        1ull << 63,
                                                        ~0ull - 4095,
                                                        ~0ull};

class Mutator {
 public:
  Mutator(ImageParts& parts, std::mt19937_64& random) : parts_(parts), random_(random) {}

  void change() {
    const std::size_t section = pick_section();
    const std::size_t size = ImageParts::record_size(section);
    auto& bytes = parts_.section(section);
    const std::size_t count = parts_.count(section);
    const std::size_t first = below(count);
    const auto record = bytes.begin() + offset(first * size);
    switch (below(12)) {
      case 0: {  // one more, like another
        const std::vector<std::byte> copy(record, record + offset(size));
        bytes.insert(bytes.begin() + offset(below(count + 1) * size), copy.begin(), copy.end());
        return;
      }
      case 1:
        bytes.erase(record, record + offset(size));
        return;
      case 2:
        std::swap_ranges(record, record + offset(size),
                         bytes.begin() + offset(below(count) * size));
        return;
      case 3: {  // no better idea
        auto byte = record + offset(below(size));
        *byte = static_cast<std::byte>(random_());
        return;
      }
      default:
        change_field(section, first);
    }
  }

 private:
  static std::ptrdiff_t offset(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  /// One that has records; most changes are to sections of records, not of bytes.
  std::size_t pick_section() {
    for (;;) {
      const std::size_t section = below(RBI_SEC_COUNT);
      if (parts_.count(section) == 0) continue;  // never all: images have tasks
      if (ImageParts::record_size(section) > 1 || below(8) == 0) return section;
    }
  }

  /// Where an index points; anywhere, if that depends on another field.
  std::size_t target_of(const Field& field) {
    return field.target == RBI_SEC_COUNT ? below(RBI_SEC_COUNT) : std::size_t{field.target};
  }

  void change_field(std::size_t section, std::size_t index) {
    const RecordType& type = record_type(static_cast<rbi_section>(section));
    if (type.fields.empty()) {
      parts_.section(section)[index] = static_cast<std::byte>(random_());
      return;
    }
    const Field& field = type.fields[below(type.fields.size())];
    const auto element = static_cast<std::uint32_t>(below(field.count));
    auto& bytes = parts_.section(section);
    std::byte* const record = bytes.data() + index * type.size;
    const std::byte* const other = bytes.data() + below(parts_.count(section)) * type.size;
    const std::uint64_t now = field_value(record, field, element);
    std::uint64_t value = now;
    switch (below(7)) {
      case 0:
        value = kInteresting[below(kInteresting.size())];
        break;
      case 1:
        value = field_value(other, field, element);
        break;
      case 2:
      case 4: {  // beside it: addresses and offsets move by pages, mostly
        const bool pages = field.format == FieldFormat::kHex && below(4) != 0;
        value = now + (below(9) - 4) * (pages ? RBI_PAGE_SIZE : 1);
        break;
      }
      case 3:
        value = now ^ (1ull << below(std::min<std::size_t>(field.size * 8, 64)));
        break;
      case 5:
        value = random_() >> below(64);
        break;
      default:
        value = field.format == FieldFormat::kIndex
                    ? below(parts_.count(target_of(field)) + 2)
                    : field_value(other, type.fields[below(type.fields.size())]);
    }
    std::memcpy(record + field.offset + std::size_t{element} * field.size, &value,
                std::min<std::size_t>(field.size, sizeof value));
  }

  ImageParts& parts_;
  std::mt19937_64& random_;
};

}  // namespace

std::vector<std::byte> mutate_image(std::span<const std::byte> bytes, std::size_t limit,
                                    std::mt19937_64& random) {
  std::vector<std::byte> blind(bytes.begin(), bytes.end());
  auto parts = ImageParts::take_apart(bytes);
  if (!parts || parts->count(RBI_SEC_TASKS) == 0 || random() % 32 == 0) {
    if (blind.empty()) return blind;
    for (int i = 0; i < 3; ++i)
      blind[random() % std::min<std::size_t>(blind.size(), 2048)] =
          static_cast<std::byte>(random());
    if (random() % 2 == 0) seal(blind);
    return blind;
  }
  Mutator mutator(*parts, random);
  do {
    mutator.change();
  } while (random() % 3 == 0 && parts->count(RBI_SEC_TASKS) > 0);
  auto changed = parts->put_together();
  return changed.size() <= limit ? changed : blind;
}

}  // namespace rb::test
