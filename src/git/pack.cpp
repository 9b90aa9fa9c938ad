#include "git/pack.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"

#include <utility>

namespace mlem::git {
namespace {

// Larger blobs are copied as a stream, and not compared with others.
constexpr const char* big_file = "core.bigFileThreshold=1m";

/// Returns what makes a pack of what its input names. Deltas are made anew, by one thread, for those that a repository
/// has depend on how its packs came about.
std::vector<std::string> packing(std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"-c",
                                     big_file,
                                     "-c",
                                     "pack.packSizeLimit=0",
                                     "pack-objects",
                                     "--stdout",
                                     "-q",
                                     "--threads=1",
                                     "--no-reuse-delta",
                                     "--no-reuse-object",
                                     "--delta-base-offset",
                                     "--compression=6",
                                     "--window=10",
                                     "--depth=50"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

void give_pack(const Program& program, std::string_view input, const TakePack& take) {
  constexpr std::size_t block = std::size_t{1} << 16;
  const std::unique_ptr<Coprocess> pack_objects = Coprocess::start_reading(program, input);
  for (std::string_view piece = pack_objects->read(block); !piece.empty(); piece = pack_objects->read(block)) {
    take(piece);
  }
  const std::string errors = pack_objects->errors();
  if (pack_objects->wait() != 0) {
    throw Error(ErrorKind::unavailable, "cannot pack what is to be bundled", detail::last_fatal(errors));
  }
}

}  // namespace

void pack_objects(const fs::path& git_dir, const Environment& environment, const fs::path& object_dir,
                  const std::vector<Oid>& objects, const TakePack& take) {
  std::string input;
  for (const Oid& object : objects) input += object.hex() + "\n";
  give_pack(detail::program_on(git_dir, packing(), detail::for_reading(environment, object_dir)), input, take);
}

void pack_history(const Registry& registry, const std::vector<Oid>& tips, const std::vector<Oid>& known,
                  const TakePack& take) {
  std::string input;
  for (const Oid& tip : tips) input += tip.hex() + "\n";
  for (const Oid& commit : known) input += "^" + commit.hex() + "\n";
  give_pack(registry.program(packing({"--revs", "--no-use-bitmap-index"})), input, take);
}

std::vector<Oid> list_pack(const fs::path& pack, const std::string& object_format, const fs::path& scratch,
                           const Environment& environment) {
  const fs::path index = scratch / "bundled.idx";
  const std::string format = "--object-format=" + object_format;
  const auto output = [&](std::vector<std::string> arguments, std::string_view input) {
    RunResult result = run(detail::git_program(std::move(arguments), environment, scratch.string()), input);
    if (result.code != 0) {
      throw Error(ErrorKind::invalid, "cannot read the packs of a bundle", detail::last_fatal(result.errors));
    }
    return std::move(result.output);
  };
  output({"index-pack", format, "-o", index.string(), pack.string()}, {});
  constexpr std::size_t most_index = std::size_t{1} << 30;
  const std::string listed = output({"show-index", format}, load_file(index, most_index).value_or(""));
  std::vector<Oid> objects;
  for (const std::string_view line : split(listed, '\n')) {
    // `<offset> <id> (<crc>)`
    const std::size_t start = line.find(' ') + 1;
    if (const auto oid = Oid::parse(line.substr(start, line.find(' ', start) - start))) objects.push_back(*oid);
  }
  fs::remove(index);
  return objects;
}

IncomingPack::IncomingPack(const fs::path& git_dir, const Environment& environment, Lacks lacks) {
  std::vector<std::string> arguments{"-c", big_file, "index-pack", "--stdin"};
  if (lacks == Lacks::promised) arguments.emplace_back("--promisor");
  index_pack_ = Coprocess::start_writing(detail::program_on(git_dir, arguments, environment));
}

void IncomingPack::take(std::string_view piece) {
  try {
    index_pack_->write(piece);
  } catch (const Error&) {
    finish();  // which tells why it is gone
  }
}

void IncomingPack::finish() {
  index_pack_->end_input();
  while (index_pack_->read_line()) continue;
  const std::string errors = index_pack_->errors();
  if (index_pack_->wait() == 0) return;
  throw Error(ErrorKind::invalid, "a pack of the bundle cannot be used", detail::last_fatal(errors));
}

}  // namespace mlem::git
