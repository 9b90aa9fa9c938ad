// Reading by way of `git cat-file --batch-command`, one process for all objects, and of for-each-ref for refs.

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/object_repository.hpp"

#include <charconv>

namespace mlem::git::detail {
namespace {

std::optional<ObjectType> parse_type(std::string_view text) {
  if (text == "commit") return ObjectType::commit;
  if (text == "tree") return ObjectType::tree;
  if (text == "blob") return ObjectType::blob;
  if (text == "tag") return ObjectType::tag;
  return std::nullopt;
}

class PlumbingRepository final : public ObjectRepository {
 public:
  PlumbingRepository(const fs::path& git_dir, const Environment& environment, const fs::path& object_dir)
      : ObjectRepository(git_dir, environment, object_dir) {
    const std::string format =
        output_of(git({"rev-parse", "--show-object-format"}), "cannot read '" + git_dir.string() + "'");
    hex_digits_ = trim(format) == "sha256" ? 64 : 40;
  }

  std::optional<Oid> find_ref(std::string_view full_name) override {
    if (full_name == "HEAD") {
      if (const auto branch = head_branch()) return find_ref(*branch);
      return Oid::parse(trim(git({"rev-parse", "--verify", "--quiet", "HEAD"}).output));
    }
    // As a pattern it is that ref and what is below it, which there is only if there is no such ref.
    for (const Ref& ref : list_refs(std::string(full_name))) {
      if (ref.name == full_name) return ref.oid;
    }
    return std::nullopt;
  }

  std::optional<std::string> symbolic_target(std::string_view full_name) override {
    const RunResult result = git({"symbolic-ref", "--quiet", std::string(full_name)});
    if (result.code == 1) return std::nullopt;
    return std::string(trim(output_of(result, "cannot read '" + std::string(full_name) + "'")));
  }

  std::vector<Ref> refs(std::string_view prefix) override {
    // A pattern of for-each-ref has whole components, and the last one of a prefix may be cut short: git is given what
    // is before it, and what it lists too much is dropped.
    const std::size_t slash = prefix.rfind('/');
    std::vector<Ref> refs = list_refs(std::string(slash == std::string_view::npos ? "" : prefix.substr(0, slash)));
    std::erase_if(refs, [&](const Ref& ref) { return !ref.name.starts_with(prefix); });
    return refs;
  }

 private:
  RunResult git(std::vector<std::string> arguments) const { return run(program(std::move(arguments))); }

  /// Returns the refs that match a pattern of for-each-ref, by name; an empty one matches all.
  std::vector<Ref> list_refs(const std::string& pattern) {
    std::vector<std::string> arguments = {"for-each-ref", "--format=%(objectname) %(refname)"};
    if (!pattern.empty()) arguments.insert(arguments.end(), {"--", pattern});
    const std::string output = output_of(git(std::move(arguments)), "cannot read refs");
    std::vector<Ref> refs;
    for (const std::string_view line : split(output, '\n')) {
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos) continue;
      if (const auto oid = Oid::parse(line.substr(0, space)))
        refs.push_back({std::string(line.substr(space + 1)), *oid});
    }
    return refs;
  }

  std::optional<ObjectHeader> find_header(const Oid& oid) override { return ask("info ", oid); }

  std::optional<std::string> find_content(const Oid& oid) override {
    const auto header = ask("contents ", oid);
    if (!header) return std::nullopt;
    std::string content(cat_file_->read(header->size + 1));
    if (content.size() != header->size + 1 || content.back() != '\n') {
      // Of a corrupt object it tells the header, and then dies of it or gives less or more.
      cat_file_.reset();
      explain(oid);
      return std::nullopt;
    }
    content.pop_back();
    return content;
  }

  /// Reads the line `<oid> <type> <size>` or `<oid> missing`.
  std::optional<ObjectHeader> ask(std::string_view request, const Oid& oid) {
    // What is no full id would be taken for an abbreviated one, or for the name of a ref.
    if (oid.hex().size() != hex_digits_) return std::nullopt;
    if (!cat_file_ || !cat_file_->takes_requests()) {
      cat_file_ = std::make_unique<Coprocess>(program({"cat-file", "--batch-command"}));
    }
    std::optional<std::string_view> line;
    try {
      cat_file_->write(std::string(request) + oid.hex() + "\n");
      line = cat_file_->read_line();
    } catch (const Error&) {
      // It is gone, as where it gives no answer.
    }
    if (!line) {
      cat_file_.reset();
      return explain(oid);
    }
    const std::vector<std::string_view> words = split(*line, ' ');
    if (words.back() == "missing") return explain(oid);
    ObjectHeader header;
    const auto type = words.size() == 3 && words[0] == oid.hex() ? parse_type(words[1]) : std::nullopt;
    if (!type || std::from_chars(words[2].data(), words[2].data() + words[2].size(), header.size).ec != std::errc{}) {
      const std::string why = "git cat-file answers '" + escape_for_terminal(*line) + "'";
      cat_file_.reset();
      throw_unreadable(oid, why);
    }
    header.type = *type;
    return header;
  }

  /// Returns nothing if this repository simply lacks the object. To `cat-file --batch-command` a corrupt object is
  /// missing too, or it dies of it, and git dies of what a partial clone has left on the server; what git says when it
  /// reads that object alone tells them apart.
  std::optional<ObjectHeader> explain(const Oid& oid) {
    Limits limits;
    limits.output = std::size_t{1} << 20;  // a corrupt object may unpack to any size, and its content is not wanted
    const std::string errors = run(program({"cat-file", "-p", oid.hex()}), {}, Session::own, limits, nullptr).errors;
    // Of what a partial clone has left on the server git 2.39 and 2.43 say so, 2.47 no more than of what is nowhere.
    if (errors.find("promisor remote") != std::string::npos) return std::nullopt;
    if (errors.find("error: ") == std::string::npos && cat_file_) return std::nullopt;
    const std::string reason = errors.substr(0, errors.rfind("fatal: "));
    const std::string why = last_fatal(reason.empty() ? errors : reason);
    throw_unreadable(oid, why.empty() ? "git cat-file ended early" : why);
  }

  [[noreturn]] static void throw_unreadable(const Oid& oid, const std::string& why) {
    throw Error(ErrorKind::unavailable, "cannot read object '" + oid.hex() + "'", why);
  }

  std::size_t hex_digits_ = 0;
  std::unique_ptr<Coprocess> cat_file_;
};

}  // namespace

std::unique_ptr<Repository> open_with_plumbing(const fs::path& git_dir, const Environment& environment,
                                               const fs::path& object_dir) {
  return std::make_unique<PlumbingRepository>(git_dir, environment, object_dir);
}

}  // namespace mlem::git::detail
