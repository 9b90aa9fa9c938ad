#include "git/detail/pack_reader.hpp"

#include "invariant.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace fs = mlem::fs;
namespace detail = mlem::git::detail;
using mlem::fuzz::require;

namespace {

constexpr std::uint64_t allowed = std::uint64_t{1} << 20;

/// In a directory that is removed at the end of the program.
fs::path file(const char* name) {
  static const mlem::TemporaryDirectory directory("/tmp", "fuzz-pack.");
  return directory.path() / name;
}

void write(const fs::path& path, std::string_view content) { std::ofstream(path.c_str(), std::ios::binary) << content; }

/// A delta makes no more than it may.
void check_delta(std::string_view text) {
  const std::size_t base_size = text.empty() ? 0 : static_cast<unsigned char>(text.front());
  detail::Allowance allowance(allowed);
  const std::string base(base_size, 'x');
  if (const auto result = detail::apply_delta(base, text.substr(text.empty() ? 0 : 1), allowance)) {
    require(result->size() == allowed - allowance.left());
  }
}

/// Reads every object that the index names.
void check_pack(std::string_view index, std::string_view pack) {
  constexpr std::size_t ids_at = 8 + 4 * 256;
  constexpr std::size_t id_size = 20;
  constexpr std::size_t most = 50;
  write(file("a.idx"), index);
  write(file("a.pack"), pack);
  detail::PackReader reader(file("a.idx"));
  for (std::size_t i = 0; i < most && ids_at + (i + 1) * id_size <= index.size(); ++i) {
    // char and unsigned char may alias.
    const auto* const id = reinterpret_cast<const std::uint8_t*>(index.data()) + ids_at + i * id_size;
    detail::Allowance allowance(allowed);
    const auto object = reader.find(mlem::Oid::from_bytes({id, id_size}), 1000, allowance);
    require(!object || object->content.size() == (object->size <= 1000 ? object->size : 0));
  }
}

}  // namespace

/// The first two bytes say how long the index is that follows; behind it is the pack.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_delta(text);
  if (size < 2) return 0;
  const std::size_t index_size = std::size_t{data[0]} << 8U | data[1];
  check_pack(text.substr(2, index_size), text.substr(std::min(size, 2 + index_size)));
  return 0;
}
