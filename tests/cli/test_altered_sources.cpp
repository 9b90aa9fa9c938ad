// What a source's files may be: anything. Whoever may write them must not end this program, nor hold it.
#include "support/text_file.hpp"

#include "cli/world.hpp"
#include <boost/filesystem.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

using namespace mlem::test;
namespace fs = boost::filesystem;

namespace {

const std::string sources_url = "https://sources.example.com/";

/// How many altered sources there are of each kind; the variable GIT_MLEM_TEST_ALTERATIONS sets another number.
int alterations() {
  constexpr int usual = 60;
  const char* const more = std::getenv("GIT_MLEM_TEST_ALTERATIONS");
  return more != nullptr ? std::atoi(more) : usual;
}

/// Numbers that are the same everywhere, as those of std::uniform_int_distribution are not.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return end == 0 ? 0 : engine_() % end; }

 private:
  std::mt19937 engine_;
};

void put_big_endian(std::string& content, std::size_t at, std::uint32_t number) {
  for (int shift = 24; shift >= 0 && at < content.size(); shift -= 8) {
    content[at++] = static_cast<char>(number >> shift & 0xffU);
  }
}

/// Files have counts and offsets of four bytes each, at their beginnings most of them.
void lie(std::string& content, Numbers& numbers) {
  const std::uint32_t lies[] = {0,          1,          0x7fffffff, 0x80000000, 0x80000001, 0xffffffff,
                                0x10000000, 0x40000000, 0x15555555, 12,         0x00700000, 0xfffffffe};
  const std::size_t places = std::min(content.size(), numbers.below(2) == 0 ? std::size_t{64} : content.size());
  const std::uint32_t number = lies[numbers.below(std::size(lies))];
  const std::size_t at = numbers.below(places) / 4 * 4;
  const std::size_t count = numbers.below(2) == 0 ? numbers.below(content.size() / 4) : 1;
  for (std::size_t i = 0; i < count; ++i) put_big_endian(content, at + 4 * i, number);
}

using Alter = std::function<void(std::string& content, Numbers& numbers)>;

const std::vector<std::pair<std::string, Alter>> ways_to_alter = {
    {"a bit",
     [](std::string& content, Numbers& numbers) {
       if (!content.empty()) content[numbers.below(content.size())] ^= static_cast<char>(1U << numbers.below(8));
     }},
    {"many bits",
     [](std::string& content, Numbers& numbers) {
       for (int i = 0; i < 40 && !content.empty(); ++i) {
         content[numbers.below(content.size())] ^= static_cast<char>(1U << numbers.below(8));
       }
     }},
    {"an early end", [](std::string& content, Numbers& numbers) { content.resize(numbers.below(content.size())); }},
    {"zeros",
     [](std::string& content, Numbers& numbers) {
       const std::size_t from = numbers.below(content.size());
       std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(from), numbers.below(content.size() - from), '\0');
     }},
    {"more at the end",
     [](std::string& content, Numbers& numbers) { content += content.substr(numbers.below(content.size())); }},
    {"a count that lies", lie},
    {"a count that lies", lie},
};

bool is_of_objects(const fs::path& file) { return contains(file.string(), "objects/"); }

/// The files of a git directory that somebody reads, in one order.
std::vector<fs::path> files_of(const fs::path& git_dir) {
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(git_dir)) {
    const std::string name = file.path().string();
    const std::vector<std::string> unread = {"/hooks/", "/logs/",          "/description",
                                             "/index",  "/COMMIT_EDITMSG", "/exclude"};
    if (std::any_of(unread.begin(), unread.end(), [&](const std::string& part) { return contains(name, part); }))
      continue;
    if (!fs::is_regular_file(file.status())) continue;
    files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Alters one file of a git directory, or puts something else into its place. Returns what it did.
std::string alter(const fs::path& git_dir, Numbers& numbers) {
  std::vector<fs::path> files = files_of(git_dir);
  if (numbers.below(4) > 0) std::erase_if(files, [](const fs::path& file) { return !is_of_objects(file); });
  const fs::path& file = files[numbers.below(files.size())];
  const std::string name = fs::relative(file, git_dir).string();
  fs::permissions(file, fs::owner_all);
  constexpr std::size_t one_in = 16;
  if (numbers.below(one_in) == 0) {
    fs::remove(file);
    const std::size_t kind = numbers.below(4);
    if (kind == 0) fs::create_directory(file);
    if (kind == 1) fs::create_symlink(file, file);
    if (kind == 2) mkfifo(file.c_str(), S_IRUSR | S_IWUSR);
    return name + ": another file in its place, of kind " + std::to_string(kind);
  }
  const auto& [way, change] = ways_to_alter[numbers.below(ways_to_alter.size())];
  std::string content = read_file(file);
  change(content, numbers);
  write_file(file, content);
  return name + ": " + way;
}

/// A source with deltas, annotated tags, many small files.
struct Source {
  Sandbox sandbox;
  RepoBuilder repo{sandbox, "source"};
  RepoBuilder registry{sandbox, "registry"};
  std::string commit;

  Source() {
    for (int revision = 0; revision < 8; ++revision) {
      Files files;
      for (int i = 0; i < 12; ++i) {
        std::string text = model_meta();
        for (int line = 0; line < 60; ++line) text += "# " + std::to_string(line * i) + " is a line of all of them\n";
        files["models/m" + std::to_string(i) + ".mlem"] = text + "# " + std::to_string(revision) + "\n";
      }
      commit = repo.commit(files);
      repo.annotated_tag("v" + std::to_string(revision));
    }
    repo.branch("side");
    sandbox.add_config("url." + (sandbox / "altered").string() + "/.insteadOf", sources_url);
  }

  void link_to(int sources) {
    Files links;
    for (int i = 0; i < sources; ++i) {
      const std::string number = std::to_string(i);
      const std::string url = sources_url + number + "/";
      links[number + "/branch.mlem"] = link_text({.path = "models/m1.mlem", .repo = url, .rev = "main"});
      links[number + "/tag.mlem"] = link_text({.path = "models/m2.mlem", .repo = url, .rev = "v3"});
      links[number + "/commit.mlem"] = link_text({.path = "models/m3.mlem", .repo = url, .rev = commit});
      links[number + "/none.mlem"] = link_text({.path = "models/none.mlem", .repo = url, .rev = "main"});
      links[number + "/head.mlem"] = link_text({.path = "models/m4.mlem", .repo = url, .rev = ""});
    }
    registry.commit(links);
  }

  /// Checks all links again and again, each time of sources that have been altered in another way.
  void check_altered() {
    constexpr int at_once = 20;
    link_to(at_once);
    std::uint32_t seed = 0;
    for (int done = 0; done < alterations(); done += at_once) {
      std::vector<std::string> altered;
      fs::remove_all(sandbox / "altered");
      fs::create_directories(sandbox / "altered");
      for (int i = 0; i < at_once; ++i) {
        Numbers numbers(++seed);
        const fs::path copy = sandbox / "altered" / std::to_string(i);
        fs::copy(repo.path() / ".git", copy, fs::copy_options::recursive);
        altered.push_back(std::to_string(seed) + ": " + alter(copy, numbers));
      }
      CAPTURE(altered);
      check();
    }
  }

  void check() const {
    const std::set<std::string> verdicts = {"ok",           "missing-repo", "missing-rev",   "ambiguous-rev",
                                            "missing-path", "invalid-link", "not-an-object", "unreachable"};
    RunOptions options;
    options.directory = registry.path();
    options.timeout = std::chrono::milliseconds(120'000);
    const Outcome outcome = sandbox.mlem({"check", "--json"}, options);
    CAPTURE(outcome);
    CHECK(outcome.signal == 0);
    CHECK_FALSE(outcome.timed_out);
    CHECK((outcome.code == 0 || outcome.code == 1 || outcome.code == 2));
    for (std::size_t at = 0; at < outcome.output.size();) {
      const std::size_t end = outcome.output.find('\n', at);
      const auto line = nlohmann::json::parse(outcome.output.substr(at, end - at));
      CAPTURE(line.dump());
      CHECK(verdicts.contains(line.at("verdict").get<std::string>()));
      at = end + 1;
    }
  }
};

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// Returns the SHA-1 of `content`, which packs and their indexes end in.
std::string checksum(const Sandbox& sandbox, const std::string& content) {
  write_file(sandbox / "to-sum", content);
  const std::string line = sandbox.run({"sha1sum", (sandbox / "to-sum").string()}).output;
  return bytes_of(line.substr(0, line.find(' ')));
}

/// Makes a pack have, as the object `id`, a delta on the pack's first object whose zlib stream has not ended where the
/// pack does, nor given a byte. Its index is right, and so are both checksums (gitformat-pack(5)): only who unpacks the
/// delta can tell.
void point_to_endless_delta(const Sandbox& sandbox, const fs::path& pack_file, const std::string& id) {
  constexpr std::size_t checksum_size = 20;
  fs::path index_file = pack_file;
  index_file.replace_extension(".idx");
  std::string pack = read_file(pack_file);
  pack.resize(pack.size() - checksum_size);
  const std::size_t at = pack.size();
  constexpr std::size_t first_object = 12;
  std::size_t distance = at - first_object;
  std::string delta(1, static_cast<char>(distance & 0x7fU));
  while ((distance >>= 7U) > 0) delta.insert(delta.begin(), static_cast<char>(0x80U | (--distance & 0x7fU)));
  delta.insert(0, "\xe4\x01");  // a delta with an offset, 20 bytes of it
  // A block with Huffman codes of its own, for which the checksum that follows has the first half of the lengths.
  delta += std::string("\x78\x9c\xec\x3d\x00\x24", 6);
  pack += delta;
  pack += checksum(sandbox, pack);

  std::string index = read_file(index_file);
  constexpr std::size_t names = 8 + 256 * 4;
  const std::size_t count = (index.size() - names - 2 * checksum_size) / 28;
  const std::size_t place = index.find(bytes_of(id), names);
  REQUIRE(place < names + 20 * count);
  const std::size_t number = (place - names) / 20;
  put_big_endian(index, names + 24 * count + 4 * number, static_cast<std::uint32_t>(at));
  index.resize(index.size() - 2 * checksum_size);
  index += pack.substr(pack.size() - checksum_size);
  index += checksum(sandbox, index);
  for (const auto& [file, content] : {std::pair(pack_file, pack), std::pair(index_file, index)}) {
    fs::permissions(file, fs::owner_all);
    write_file(file, content);
  }
}

}  // namespace

TEST_CASE("altered sources: one pack with all that git keeps beside it") {
  Source source;
  source.repo.git({"repack", "-adq", "--write-bitmap-index", "--write-midx"});
  source.repo.git({"commit-graph", "write", "--reachable"});
  source.repo.git({"pack-refs", "--all"});
  source.check_altered();
}

TEST_CASE("altered sources: packs whose deltas name their bases and whose offsets are long") {
  for (const std::string version : {"1", "2,0x40"}) {
    CAPTURE(version);
    Source source;
    source.repo.git({"-c", "repack.useDeltaBaseOffset=false", "repack", "-adq"});
    for (const fs::path& file : files_of(source.repo.path() / ".git")) {
      if (file.extension() != ".pack") continue;
      fs::path index = file;
      index.replace_extension(".idx");
      fs::remove(index);
      source.repo.git({"index-pack", "--index-version=" + version, file.string()});
    }
    source.check_altered();
  }
}

TEST_CASE("altered sources: an index whose offsets lead behind the end of its pack") {
  for (const std::string format : {"idx", "midx"}) {
    CAPTURE(format);
    Source source;
    source.repo.git({"repack", "-adq"});
    if (format == "midx") source.repo.git({"multi-pack-index", "write"});
    const fs::path altered = source.sandbox / "altered" / "0";
    fs::create_directories(altered.parent_path());
    fs::rename(source.repo.path() / ".git", altered);
    source.link_to(1);
    for (const fs::path& file : files_of(altered)) {
      const bool is_midx = file.filename() == "multi-pack-index";
      if (format == "midx" ? !is_midx : file.extension() != ".idx") continue;
      fs::permissions(file, fs::owner_all);
      std::string content = read_file(file);
      // The offsets are behind all else but two checksums, in the latter format one, each with the number of its pack.
      const std::size_t end = content.size() - (is_midx ? 20 : 40);
      const std::size_t width = is_midx ? 8 : 4;
      for (std::size_t i = 1; i <= 100; ++i) put_big_endian(content, end - i * width + width - 4, 0x00700000);
      write_file(file, content);
    }
    source.check();
  }
}

TEST_CASE("altered sources: a delta whose data go on behind the end of its pack") {
  Source source;
  source.repo.git({"repack", "-adq"});
  const std::string tree = source.repo.git({"rev-parse", "main^{tree}"});
  const fs::path altered = source.sandbox / "altered" / "0";
  fs::create_directories(altered.parent_path());
  fs::rename(source.repo.path() / ".git", altered);
  source.link_to(1);
  for (const fs::path& file : files_of(altered)) {
    if (file.extension() != ".pack") continue;
    point_to_endless_delta(source.sandbox, file, tree);
    source.check();
    return;
  }
  FAIL("the source has no pack");
}

TEST_CASE("altered sources: loose objects and loose refs") {
  Source source;
  source.check_altered();
}

TEST_CASE("altered sources: objects of an alternate") {
  Source source;
  source.repo.git({"repack", "-adq"});
  fs::rename(source.repo.path() / ".git/objects", source.repo.path() / ".git/other-objects");
  write_file(source.repo.path() / ".git/objects/info/alternates", "../other-objects\n");
  source.check_altered();
}

TEST_CASE("altered sources: a FIFO in the place of any file holds nobody up") {
  Source source;
  source.sandbox.add_config("pack.writeReverseIndex", "true");
  source.repo.git({"repack", "-adq", "--write-bitmap-index", "--write-midx"});
  source.repo.git({"commit-graph", "write", "--reachable"});
  source.repo.git({"pack-refs", "--all"});
  write_file(source.repo.path() / ".git/objects/info/alternates", "../other-objects\n");
  source.repo.commit({{"loose.mlem", model_meta()}});
  const fs::path original = source.repo.path() / ".git";
  const std::vector<fs::path> files = files_of(original);
  CHECK(files.size() > 10);
  source.link_to(static_cast<int>(files.size()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const fs::path copy = source.sandbox / "altered" / std::to_string(i);
    fs::create_directories(copy.parent_path());
    fs::copy(original, copy, fs::copy_options::recursive);
    const fs::path altered = copy / fs::relative(files[i], original);
    fs::remove(altered);
    REQUIRE(mkfifo(altered.c_str(), S_IRUSR | S_IWUSR) == 0);
  }
  source.check();
}

TEST_CASE("altered sources: the socket of git's file monitor is no obstacle") {
  const World world;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (world.models.path() / ".git/fsmonitor--daemon.ipc").string();
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(world.mlem({"link", "--sp", example_url, "--rev", "main", "models/rf", "a"}).code == 0);
  close(descriptor);
}
