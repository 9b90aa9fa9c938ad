#include "git/log.hpp"

#include "base/coprocess.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "git/detail/raw_change.hpp"

#include <charconv>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace mlem::git {
namespace {

using detail::throw_not_understood;

/// Of a commit four fields, each of which ends in NUL. Then come, as `--raw -z` has them, its changes, the first of
/// which has a newline before it.
constexpr const char* log_format = "--format=%H %P%x00%ct%x00%an <%ae>%x00%cn <%ce>";

/// What a user can have set that would change the output: git-config(1).
std::vector<std::string> log_arguments(const LogQuery& query) {
  std::vector<std::string> arguments{"-c",
                                     "log.showSignature=false",
                                     "-c",
                                     "log.showRoot=true",
                                     "-c",
                                     "log.follow=false",
                                     "log",
                                     log_format,
                                     "--encoding=UTF-8",
                                     "--raw",
                                     "-z",
                                     "--no-abbrev",
                                     "--no-renames",
                                     "--no-relative",
                                     "--no-decorate",
                                     "--no-notes",
                                     "--no-color",
                                     "--ignore-submodules=none"};
  if (query.commits == LogQuery::Commits::listed)
    arguments.insert(arguments.end(), {"--no-walk=unsorted", "--no-diff-merges"});
  else if (query.commits == LogQuery::Commits::listed_by_parent)
    arguments.insert(arguments.end(), {"--no-walk=unsorted", "--diff-merges=separate"});
  else
    arguments.insert(arguments.end(), {"--first-parent", "--diff-merges=first-parent"});
  if (query.oldest) arguments.push_back("--max-age=" + std::to_string(*query.oldest));
  arguments.insert(arguments.end(), {"--stdin", "--"});
  arguments.insert(arguments.end(), query.pathspecs.begin(), query.pathspecs.end());
  return arguments;
}

/// Reads the output of one run.
class LogReader {
 public:
  explicit LogReader(Coprocess& process) : process_(process) { next(); }

  /// Returns false at the end.
  bool read(LoggedCommit& commit) {
    if (!record_) return false;
    commit = {};
    read_ids(commit);
    const std::string time = take();
    const auto parsed = std::from_chars(time.data(), time.data() + time.size(), commit.time);
    if (parsed.ec != std::errc{}) throw_not_understood(time);
    commit.author = take();
    commit.committer = take();
    while (record_ && is_change(*record_)) read_change(commit);
    return true;
  }

 private:
  static bool is_change(std::string_view record) { return record.starts_with(':') || record.starts_with("\n:"); }

  void next() { record_ = process_.read_record('\0'); }
  std::string take() {
    if (!record_) throw_not_understood("");
    std::string text(*record_);
    next();
    return text;
  }

  void read_ids(LoggedCommit& commit) {
    const std::vector<std::string_view> ids = split(trim(*record_), ' ');
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto oid = Oid::parse(ids[i]);
      if (!oid) throw_not_understood(*record_);
      if (i == 0)
        commit.oid = *oid;
      else
        commit.parents.push_back(*oid);
    }
    next();
  }

  void read_change(LoggedCommit& commit) {
    std::string_view text = *record_;
    if (text.front() == '\n') text.remove_prefix(1);
    Change& change = commit.changes.emplace_back(detail::parse_raw_change(text));
    next();
    if (!record_) throw_not_understood(":");
    change.name = *record_;
    next();
  }

  Coprocess& process_;
  std::optional<std::string_view> record_;
};

std::string input_of(const std::vector<std::string>& revs) {
  std::string lines;
  for (const std::string& rev : revs) lines += rev + "\n";
  return lines;
}

/// Throws Error(unavailable) if git ended with an error.
void require_success(Coprocess& process, const char* what_failed) {
  const int code = process.wait();
  if (code != 0) {
    throw Error(ErrorKind::unavailable, what_failed, escape_for_terminal(detail::last_fatal(process.errors())));
  }
}

}  // namespace

void read_log(const Registry& registry, const LogQuery& query, const std::function<bool(LoggedCommit&)>& visit) {
  const std::unique_ptr<Coprocess> process =
      Coprocess::start_reading(registry.program(log_arguments(query), query.pathspecs_are), input_of(query.revs));
  LogReader reader(*process);
  for (LoggedCommit commit; reader.read(commit);) {
    if (!visit(commit)) return;
  }
  require_success(*process, "cannot read the history");
}

std::vector<Oid> shallow_commits(const Registry& registry) {
  std::vector<Oid> commits;
  const auto text = load_file(registry.common_dir() / "shallow", std::size_t{1} << 30);
  if (!text) return commits;
  for (const std::string_view line : split(*text, '\n')) {
    if (const auto oid = Oid::parse(trim(line))) commits.push_back(*oid);
  }
  return commits;
}

}  // namespace mlem::git
