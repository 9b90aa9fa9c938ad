// Mostly a few small objects are wanted of a source: a commit, the trees on the way to a metafile, that. To read them
// takes less time than to start a process of git's, so that much is read here, and the process is started when it would
// have paid from the beginning. It is what reads all that is out of the ordinary, too.

#include "git/detail/loose_reader.hpp"
#include "git/detail/objects.hpp"
#include "git/detail/pack_reader.hpp"

#include <boost/filesystem/operations.hpp>

#include <deque>
#include <utility>

namespace mlem::git::detail {
namespace {

/// How many bytes are looked at and made here, which takes about as long as to start git.
constexpr std::uint64_t worth_a_process = std::uint64_t{512} << 10;
/// From as many on, git is asked for all at once.
constexpr std::size_t least_for_git = 128;

/// The loose objects and packs in some directories.
class ObjectFiles {
 public:
  explicit ObjectFiles(std::vector<fs::path> object_dirs) : object_dirs_(std::move(object_dirs)) {}

  /// Returns an object, its content if that has at most `limit` bytes; nothing if git has to be asked.
  std::optional<Object> find(const Oid& oid, std::size_t limit) {
    if (allowance_.left() == 0 || !open()) return std::nullopt;
    for (PackReader& pack : packs_) {
      if (auto object = pack.find(oid, limit, allowance_)) return object;
    }
    for (LooseReader& reader : loose_) {
      if (auto object = find_loose(reader, oid, limit)) return object;
    }
    return std::nullopt;
  }

  void close() {
    packs_.clear();
    loose_.clear();
    is_usable_.reset();
  }

 private:
  /// Returns whether there are few enough files to look into.
  bool open() {
    constexpr std::size_t most_packs = 16;
    if (is_usable_) return *is_usable_;
    for (const fs::path& directory : object_dirs_) {
      loose_.emplace_back(directory);
      boost::system::error_code failure;
      fs::directory_iterator file(directory / "pack", failure);
      for (const fs::directory_iterator end; !failure && file != end; file.increment(failure)) {
        if (file->path().extension() != ".idx") continue;
        if (packs_.size() == most_packs) return *(is_usable_ = false);
        packs_.emplace_back(file->path());
      }
    }
    return *(is_usable_ = true);
  }

  std::optional<Object> find_loose(LooseReader& reader, const Oid& oid, std::size_t limit) {
    if (reader.open(oid.hex()) != LooseReader::State::open) return std::nullopt;
    Object object{reader.type(), reader.size(), {}};
    if (object.size > limit) return object;
    if (!allowance_.spend(reader.file_size()) || !allowance_.spend(object.size)) return std::nullopt;
    object.content.resize(object.size + 1);
    if (!reader.read(object.content)) return std::nullopt;
    object.content.pop_back();
    return object;
  }

  std::vector<fs::path> object_dirs_;
  Allowance allowance_{worth_a_process};
  std::optional<bool> is_usable_;  ///< none: nobody has looked
  std::deque<PackReader> packs_;
  std::deque<LooseReader> loose_;
};

class BoundedObjects final : public Objects {
 public:
  BoundedObjects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> by_git)
      : files_(std::move(object_dirs)), by_git_(std::move(by_git)) {}

  bool has(const Oid& oid) override { return files_.find(oid, 0) || by_git_->has(oid); }

  std::optional<Object> find(const Oid& oid, std::size_t limit) override {
    auto object = files_.find(oid, limit);
    return object ? std::move(object) : by_git_->find(oid, limit);
  }

  void read_many(ObjectType type, const std::vector<Oid>& oids, std::size_t limit,
                 const Repository::VisitBlob& visit) override {
    std::size_t done = 0;
    for (; oids.size() < least_for_git && done < oids.size(); ++done) {
      const auto object = files_.find(oids[done], limit);
      if (!object) break;
      const bool is_content = object->type == type && object->size <= limit;
      if (!visit(done, is_content ? std::optional<std::string_view>(object->content) : std::nullopt)) return;
    }
    if (done == oids.size()) return;
    by_git_->read_many(type, rest_of(oids, done), limit,
                       [&](std::size_t i, const auto& content) { return visit(done + i, content); });
  }

  std::vector<std::optional<std::uint64_t>> blob_sizes(const std::vector<Oid>& blobs) override {
    std::vector<std::optional<std::uint64_t>> sizes;
    for (const Oid& blob : blobs) {
      const auto object = blobs.size() < least_for_git ? files_.find(blob, 0) : std::nullopt;
      if (!object) break;
      sizes.push_back(object->type == ObjectType::blob ? std::optional<std::uint64_t>(object->size) : std::nullopt);
    }
    if (sizes.size() == blobs.size()) return sizes;
    const auto others = by_git_->blob_sizes(rest_of(blobs, sizes.size()));
    sizes.insert(sizes.end(), others.begin(), others.end());
    return sizes;
  }

  bool stream_blob(const Oid& blob, const std::function<void(std::string_view piece)>& take) override {
    return by_git_->stream_blob(blob, take);
  }

  void release() override {
    files_.close();
    by_git_->release();
  }

 private:
  static std::vector<Oid> rest_of(const std::vector<Oid>& oids, std::size_t done) {
    return {oids.begin() + static_cast<std::ptrdiff_t>(done), oids.end()};
  }

  ObjectFiles files_;
  std::unique_ptr<Objects> by_git_;
};

}  // namespace

std::unique_ptr<Objects> make_bounded_objects(std::vector<fs::path> object_dirs, std::unique_ptr<Objects> by_git) {
  return std::make_unique<BoundedObjects>(std::move(object_dirs), std::move(by_git));
}

}  // namespace mlem::git::detail
