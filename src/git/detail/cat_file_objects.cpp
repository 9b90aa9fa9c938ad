// Reading by way of `git cat-file --batch-command --buffer`, one process for all objects of a repository. It answers
// nothing before it is told to flush, and then all that it was asked for.
//
// A reply is `<oid> <type> <size>`, for `contents` followed by the content and a newline, or `<oid> missing`.

#include "base/coprocess.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/objects.hpp"
#include "git/detail/special_file.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace mlem::git::detail {
namespace {

// Replies that wait in a large pipe need no change of processes for each.
constexpr std::size_t reply_pipe = std::size_t{1} << 20;
// What git keeps for the next objects, which is up to 96 MiB where nothing is said: as much as all that we are to take.
constexpr const char* delta_base_cache = "core.deltaBaseCacheLimit=32m";
// Larger blobs come while git reads them. It holds smaller ones whole first, up to 512 MiB where nothing is said.
constexpr const char* streamed_size = "core.bigFileThreshold=1m";

[[noreturn]] void throw_unread_object(const Oid& oid, const std::string& why) {
  throw Error(ErrorKind::unavailable, "cannot read object '" + oid.hex() + "'",
              why.empty() ? "git cat-file ended early" : why);
}

struct Header {
  ObjectType type = ObjectType::blob;
  std::size_t size = 0;
};

/// Reads `<oid> <type> <size>`; nothing if the line is anything else.
std::optional<Header> parse_header(std::string_view line, const Oid& oid) {
  const std::string_view id = line.substr(0, line.find(' '));
  const std::size_t blank = line.rfind(' ');
  if (id != oid.hex() || blank == std::string_view::npos || blank <= id.size()) return std::nullopt;
  Header header;
  const auto type = parse_type(line.substr(id.size() + 1, blank - id.size() - 1));
  const char* const end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data() + blank + 1, end, header.size);
  if (!type || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  header.type = *type;
  return header;
}

/// One process for many objects, and whether it still answers.
class BulkReader {
 public:
  explicit BulkReader(Coprocess& cat_file) : cat_file_(&cat_file) {}

  /// Bytes of requests that it takes while it answers.
  std::size_t capacity() const noexcept { return cat_file_->capacity(); }
  bool is_alive() const noexcept { return is_alive_; }

  /// It has read every request before its replies can fill their pipe.
  void ask(std::string_view request, std::span<const Oid> oids) {
    if (!is_alive_) return;
    std::string requests;
    for (const Oid& oid : oids) requests.append(request).append(oid.hex()).push_back('\n');
    try {
      cat_file_->write(requests + "flush\n");
    } catch (const Error&) {
      is_alive_ = false;
    }
  }

  /// Returns the type and the size of the next object asked for.
  std::optional<Header> read_header(const Oid& oid) {
    if (!is_alive_) return std::nullopt;
    const std::optional<std::string_view> line = cat_file_->read_line();
    if (line && line->ends_with(" missing") && line->starts_with(oid.hex())) return std::nullopt;
    const std::optional<Header> header = line ? parse_header(*line, oid) : std::nullopt;
    is_alive_ = header.has_value();
    return header;
  }

  /// Returns the next object asked for, until the next call; nothing if it is not of that type.
  std::optional<std::string_view> read(ObjectType type, const Oid& oid, std::size_t limit) {
    const std::optional<Header> header = read_header(oid);
    if (!header) return std::nullopt;
    if (header->type != type || header->size > limit) {
      skip(header->size + 1);
      return std::nullopt;
    }
    const std::string_view content = cat_file_->read(header->size + 1);
    is_alive_ = content.size() == header->size + 1;
    return is_alive_ ? std::optional(content.substr(0, header->size)) : std::nullopt;
  }

 private:
  void skip(std::size_t left) {
    constexpr std::size_t block = std::size_t{1} << 16;
    while (left > 0 && is_alive_) {
      const std::size_t count = cat_file_->read(std::min(left, block)).size();
      is_alive_ = count > 0;
      left -= count;
    }
  }

  Coprocess* cat_file_;
  bool is_alive_ = true;
};

class CatFileObjects final : public Objects {
 public:
  CatFileObjects(const fs::path& git_dir, const Environment& environment, std::size_t hex_digits,
                 std::vector<fs::path> object_dirs)
      : cat_file_(program_on(git_dir,
                             {"-c", delta_base_cache, "-c", streamed_size, "cat-file", "--batch-command", "--buffer"},
                             environment)),
        git_dir_(git_dir),
        list_(program_on(git_dir, {"cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"},
                         environment)),
        hex_digits_(hex_digits),
        object_dirs_(std::move(object_dirs)) {}

  bool has(const Oid& oid) override { return ask("info ", oid).has_value(); }

  std::optional<Object> find(const Oid& oid, std::size_t limit) override {
    const std::optional<Header> header = ask("contents ", oid);
    if (!header) return std::nullopt;
    Object object{header->type, header->size, {}};
    if (header->size > limit) {
      process_.reset();  // sooner than all of it is read
      return object;
    }
    object.content = process_->read(header->size + 1);
    if (object.content.size() != header->size + 1 || object.content.back() != '\n') {
      // Of a corrupt object it tells the header, and then dies of it or gives less or more.
      fail(oid);
    }
    object.content.pop_back();
    return object;
  }

  void read_many(ObjectType type, const std::vector<Oid>& oids, std::size_t limit,
                 const Repository::VisitBlob& visit) override {
    ask_in_bulk("contents ", oids, [&](std::size_t i, BulkReader* reader) {
      return visit(i, reader != nullptr ? reader->read(type, oids[i], limit) : std::nullopt);
    });
  }

  std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) override {
    std::vector<std::optional<std::uint64_t>> sizes(blobs.size());
    ask_in_bulk("info ", blobs, [&](std::size_t i, BulkReader* reader) {
      std::optional<Header> header = reader != nullptr ? reader->read_header(blobs[i]) : std::nullopt;
      // git has ended, maybe of another object than this.
      if (!header && reader != nullptr && !reader->is_alive()) header = ask_again(blobs[i]);
      if (header && header->type == ObjectType::blob) sizes[i] = header->size;
      return true;
    });
    return sizes;
  }

  bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) override {
    const std::optional<Header> header = ask("contents ", blob);
    if (!header) return false;
    // Until all of it has been read, the process is good for nothing else, whatever happens meanwhile.
    std::unique_ptr<Coprocess> process = std::move(process_);
    if (header->type != ObjectType::blob) throw_unread_object(blob, "it is not a blob");
    const bool is_whole = process->read_pieces(header->size, take) && process->read(1) == "\n";
    process_ = std::move(process);
    if (!is_whole) fail(blob);
    return true;
  }

  void release() override {
    process_.reset();
    present_.reset();
  }

 private:
  /// Sends a request and reads the header of the reply.
  std::optional<Header> ask(std::string_view request, const Oid& oid) {
    if (!flaw_.empty()) throw_unread_object(oid, flaw_);
    if (!may_be_here(oid)) return std::nullopt;
    for (;;) {
      const bool is_first = !process_ || !process_->takes_requests();
      if (is_first) start();
      std::optional<std::string_view> line;
      try {
        process_->write(std::string(request) + oid.hex() + "\nflush\n");
        line = process_->read_line();
      } catch (const Error&) {
        // It is gone, as where it gives no answer.
      }
      if (line) {
        if (const std::optional<Header> header = parse_header(*line, oid)) return header;
        const bool is_missing = line->ends_with(" missing");
        if (!is_missing) throw_unread_object(oid, "git cat-file answers '" + escape_for_terminal(*line) + "'");
        // What is corrupt is missing too, and git tells of a pack that it cannot read but once.
        if (process_->errors().find("error: ") == std::string::npos) return std::nullopt;
      }
      if (is_first) fail(oid);
      process_.reset();
    }
  }

  /// Throws Error(unavailable) with what the process said last.
  [[noreturn]] void fail(const Oid& oid) {
    if (process_->is_killed() && flaw_.empty()) flaw_ = "git cat-file does not answer";
    const std::string errors = process_->errors();
    process_.reset();
    throw_unread_object(oid, flaw_.empty() ? last_fatal(errors) : flaw_);
  }

  /// Asks another process for an object; nothing if that cannot read it either.
  std::optional<Header> ask_again(const Oid& oid) {
    try {
      return ask("info ", oid);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  void start() {
    process_.reset();
    const BatchScheduling scheduling;
    process_ = make_process();
  }

  /// Sends that request for each blob, and calls `take` with its number and who has the reply, null if it is not here,
  /// until that returns false.
  void ask_in_bulk(std::string_view request, const std::vector<Oid>& oids,
                   const std::function<bool(std::size_t i, BulkReader* reader)>& take);

  std::unique_ptr<Coprocess> make_process() {
    return std::make_unique<Coprocess>(cat_file_, reply_pipe, [this] { return is_held_up(); });
  }

  /// Whether git waits for ever: for somebody to write into the FIFO that it opened as one of its files. Nobody looks
  /// for that while git answers.
  bool is_held_up() {
    std::vector<fs::path> directories = object_dirs_;
    directories.push_back(git_dir_);
    for (const fs::path& directory : directories) {
      if (const auto special = find_special_file(directory, Below::yes)) {
        flaw_ = "'" + special->string() + "' is not a regular file";
        return true;
      }
    }
    return false;
  }

  /// git dies of an object that a partial clone has left on its server, after it has looked through all that came from
  /// there for a reference to it.
  bool may_be_here(const Oid& oid) {
    if (oid.bytes().size() * 2 != hex_digits_) return false;
    if (!is_partial_) is_partial_ = std::any_of(object_dirs_.begin(), object_dirs_.end(), has_promised);
    if (!*is_partial_) return true;
    if (!present_) list_present();
    return std::binary_search(present_->begin(), present_->end(), oid);
  }

  /// Returns whether a pack is from a server that promises more: `.promisor` in gitrepository-layout(5).
  static bool has_promised(const fs::path& object_dir) {
    boost::system::error_code failure;
    fs::directory_iterator file(object_dir / "pack", failure);
    for (const fs::directory_iterator end; !failure && file != end; file.increment(failure)) {
      if (file->path().extension() == ".promisor") return true;
    }
    return false;
  }

  void list_present() {
    Limits limits;
    limits.idle = std::chrono::seconds(60);
    const RunResult listed = run(list_, {}, Session::own, limits, nullptr);
    const std::string output = output_of(listed, "cannot list the objects of a partial clone");
    present_.emplace();
    for (const std::string_view line : split(output, '\n')) {
      if (const auto oid = Oid::parse(line)) present_->push_back(*oid);
    }
    std::sort(present_->begin(), present_->end());
  }

  Program cat_file_;
  fs::path git_dir_;
  std::string flaw_;  ///< why git cannot be asked for anything more
  Program list_;      ///< of the objects that are here
  std::size_t hex_digits_;
  std::vector<fs::path> object_dirs_;
  std::unique_ptr<Coprocess> process_;
  std::optional<bool> is_partial_;
  std::optional<std::vector<Oid>> present_;  ///< sorted
};

void CatFileObjects::ask_in_bulk(std::string_view request, const std::vector<Oid>& oids,
                                 const std::function<bool(std::size_t i, BulkReader* reader)>& take) {
  // One process keeps up with who looks at what is in the objects, two with who only passes over them; but for fewer
  // the second is not worth its start.
  constexpr std::size_t least_for_two = 16'384;
  std::vector<Oid> present;
  for (const Oid& oid : oids) {
    if (flaw_.empty() && may_be_here(oid)) present.push_back(oid);
  }
  if (!process_ || !process_->takes_requests()) start();
  // Who takes a closer look at one meanwhile gets another process.
  std::unique_ptr<Coprocess> first = std::exchange(process_, nullptr);
  const BatchScheduling scheduling;
  std::unique_ptr<Coprocess> second;
  std::vector<BulkReader> readers{BulkReader(*first)};
  if (present.size() >= least_for_two) readers.emplace_back(*(second = make_process()));
  const std::size_t request_size = request.size() + hex_digits_ + 1;
  // The next requests of each reader are written while it answers, and reads none: they have to fit into the pipe.
  const std::size_t chunk = readers.front().capacity() / request_size - 1;
  const auto reader_of = [&](std::size_t i) -> BulkReader& { return readers[i / chunk % readers.size()]; };
  std::size_t asked = 0;
  std::size_t next = 0;  // in `present`
  bool goes_on = true;
  for (std::size_t i = 0; i < oids.size() && goes_on; ++i) {
    if (next == present.size() || present[next] != oids[i]) {
      goes_on = take(i, nullptr);
      continue;
    }
    const std::size_t ahead = std::min(present.size(), (next / chunk + 2 * readers.size()) * chunk);
    while (asked < ahead) {
      const std::size_t count = std::min(chunk, present.size() - asked);
      reader_of(asked).ask(request, std::span(present).subspan(asked, count));
      asked += count;
    }
    goes_on = take(i, &reader_of(next));
    ++next;
  }
  // Replies that nobody has read would be taken for the next ones.
  if (!process_ && next == asked && readers.front().is_alive()) process_ = std::move(first);
}

}  // namespace

std::unique_ptr<Objects> make_cat_file_objects(const fs::path& git_dir, const Environment& environment,
                                               std::size_t hex_digits, std::vector<fs::path> object_dirs) {
  return std::make_unique<CatFileObjects>(git_dir, environment, hex_digits, std::move(object_dirs));
}

}  // namespace mlem::git::detail
