#include "git/detail/read_blobs.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <span>
#include <string>

namespace mlem::git::detail {
namespace {

/// One `git cat-file` and whether it still answers.
class Reader {
 public:
  explicit Reader(const Program& program) : cat_file_(program, reply_pipe) {}

  /// Bytes of requests that it takes while it answers.
  std::size_t capacity() const noexcept { return cat_file_.capacity(); }

  /// It answers nothing before it is told to, and then all: so it has read every request before its replies can fill
  /// their pipe.
  void ask(std::span<const Oid> blobs) {
    if (!is_alive_) return;
    std::string requests;
    for (const Oid& blob : blobs) requests += "contents " + blob.hex() + "\n";
    try {
      cat_file_.write(requests + "flush\n");
    } catch (const Error&) {
      is_alive_ = false;
    }
  }

  /// Returns the next blob asked for, until the next call.
  std::optional<std::string_view> read(const Oid& blob, std::size_t limit) {
    if (!is_alive_) return std::nullopt;
    // `<oid> <type> <size>` before the content and a newline, or `<oid> missing`.
    const std::optional<std::string_view> header = cat_file_.read_line();
    is_alive_ = header && header->starts_with(blob.hex());
    if (!is_alive_ || header->ends_with(" missing")) return std::nullopt;
    const std::size_t blank = header->rfind(' ');
    const bool is_blob = header->substr(0, blank).ends_with(" blob");
    std::size_t size = 0;
    is_alive_ = std::from_chars(header->data() + blank + 1, header->data() + header->size(), size).ec == std::errc{};
    if (!is_blob || size > limit) {
      skip(size + 1);
      return std::nullopt;
    }
    const std::string_view content = cat_file_.read(size + 1);
    is_alive_ = content.size() == size + 1;
    return is_alive_ ? std::optional(content.substr(0, size)) : std::nullopt;
  }

 private:
  // Replies that wait in a large pipe need no change of processes for each.
  static constexpr std::size_t reply_pipe = std::size_t{1} << 20;

  void skip(std::size_t left) {
    constexpr std::size_t block = std::size_t{1} << 16;
    while (left > 0 && is_alive_) {
      const std::size_t count = cat_file_.read(std::min(left, block)).size();
      is_alive_ = count > 0;
      left -= count;
    }
  }

  Coprocess cat_file_;
  bool is_alive_ = true;
};

}  // namespace

void read_by_cat_file(const Program& cat_file, const std::vector<Oid>& blobs, std::size_t limit,
                      const Repository::VisitBlob& visit) {
  // One process keeps up with who looks at what is in the blobs, two with who only passes over them; but for fewer the
  // second is not worth its start.
  constexpr std::size_t least_for_two = 16'384;
  const std::size_t processes = blobs.size() < least_for_two ? 1 : 2;
  const BatchScheduling scheduling;
  std::deque<Reader> readers;
  while (readers.size() < processes) readers.emplace_back(cat_file);
  const std::size_t request_size = std::string_view("contents \n").size() + 2 * blobs.front().bytes().size();
  // The next requests of each reader are written while it answers, and reads none: they have to fit into the pipe.
  const std::size_t chunk = readers.front().capacity() / request_size - 1;
  const auto reader_of = [&](std::size_t i) -> Reader& { return readers[i / chunk % readers.size()]; };
  std::size_t asked = 0;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const std::size_t ahead = std::min(blobs.size(), (i / chunk + 2 * readers.size()) * chunk);
    while (asked < ahead) {
      const std::size_t count = std::min(chunk, blobs.size() - asked);
      reader_of(asked).ask(std::span(blobs).subspan(asked, count));
      asked += count;
    }
    if (!visit(i, reader_of(i).read(blobs[i], limit))) return;
  }
}

}  // namespace mlem::git::detail
