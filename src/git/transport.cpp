// git's network commands, and what their words mean.
//
// A command sees no configuration file but that of the repository it fetches into: what the registry's configuration
// says about transports is handed on whole, and values that git collects (http.extraHeader, credential.helper) would
// count twice if git read their files again.

#include "git/transport.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "git/detail/command.hpp"
#include "model/repo_url.hpp"

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <sys/stat.h>

namespace mlem::git {
namespace {

constexpr std::size_t max_refs_output = std::size_t{256} << 20;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

ErrorKind kind_of(TransportFailure failure) {
  switch (failure) {
    case TransportFailure::missing_repo:
    case TransportFailure::missing_ref:
    case TransportFailure::missing_object:
      return ErrorKind::not_found;
    default:
      return ErrorKind::unavailable;
  }
}

/// How many settings GIT_CONFIG_COUNT announces.
std::size_t config_count(const Environment& environment) {
  const std::string text = environment.find("GIT_CONFIG_COUNT").value_or("");
  std::size_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// Adds a setting as `git -c` would, but that `key` may have a `=`.
void add_config(Environment& environment, std::string_view key, std::string_view value) {
  const std::size_t count = config_count(environment);
  environment.set("GIT_CONFIG_KEY_" + std::to_string(count), key);
  environment.set("GIT_CONFIG_VALUE_" + std::to_string(count), value);
  environment.set("GIT_CONFIG_COUNT", std::to_string(count + 1));
}

std::optional<std::string> find_config(const Environment& environment, std::string_view key) {
  for (std::size_t i = config_count(environment); i-- > 0;) {
    const std::string number = std::to_string(i);
    const auto name = environment.find("GIT_CONFIG_KEY_" + number);
    if (name && to_lower_ascii(*name) == key) return environment.find("GIT_CONFIG_VALUE_" + number);
  }
  return std::nullopt;
}

/// Returns whether git takes `command` for OpenSSH by its name, as ssh.variant in git-config(1) tells.
bool is_open_ssh(std::string_view command, const std::optional<std::string>& variant) {
  if (variant && *variant != "auto") return *variant == "ssh";
  const std::string_view program = command.substr(0, command.find(' '));
  const std::string_view name = program.substr(program.rfind('/') + 1);
  return name == "ssh";
}

/// The ssh that the user has, told not to ask. Another ssh than OpenSSH has no such option, and no terminal either.
void set_ssh_batch_mode(Environment& environment) {
  auto command = environment.find("GIT_SSH_COMMAND");
  if (!command) command = find_config(environment, "core.sshcommand");
  if (!command && environment.find("GIT_SSH")) return;
  auto variant = environment.find("GIT_SSH_VARIANT");
  if (!variant) variant = find_config(environment, "ssh.variant");
  const std::string ssh = command.value_or("ssh");
  if (is_open_ssh(ssh, variant)) environment.set("GIT_SSH_COMMAND", ssh + " -o BatchMode=yes");
}

bool is_transport_setting(std::string_view key) {
  constexpr std::array<std::string_view, 4> sections{"url.", "http.", "credential.", "protocol."};
  constexpr std::array<std::string_view, 4> keys{"core.sshcommand", "core.askpass", "core.gitproxy", "ssh.variant"};
  return std::any_of(sections.begin(), sections.end(), [&](std::string_view name) { return key.starts_with(name); }) ||
         std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// What a message of git, of ssh or of a server means.
struct Symptom {
  std::string_view words;  ///< in lower case
  TransportFailure failure;
  bool names_missing = false;  ///< the word that follows is the ref or object
};

// The first that is found anywhere counts.
constexpr Symptom symptoms[] = {
    {"couldn't find remote ref ", TransportFailure::missing_ref, true},
    {"not our ref ", TransportFailure::missing_object, true},
    // Each has a blank, which no address has.
    {"filter '", TransportFailure::refused_filter},  // `filter 'tree' not supported`, of upload-pack
    {"tree filter allows", TransportFailure::refused_filter},
    {"filter-spec '", TransportFailure::refused_filter},     // of a git that does not know it
    {"invalid filter: ", TransportFailure::refused_filter},  // JGit
    {"unadvertised object ", TransportFailure::not_allowed},
    {"does not support shallow", TransportFailure::not_allowed},  // a server of plain files
    {"does not support --depth", TransportFailure::not_allowed},
    {"no space left on device", TransportFailure::unreachable},
    {"is corrupt", TransportFailure::broken_repository},
    {"bad object ", TransportFailure::broken_repository},
    {"fatal: not a git repository", TransportFailure::broken_repository},
    {"does not point to a valid object", TransportFailure::broken_repository},
    {"did not send all necessary objects", TransportFailure::broken_repository},
    {"bad shallow line: ", TransportFailure::broken_repository},
    {"cannot lock ref ", TransportFailure::broken_repository},
    {"local refs could not be updated", TransportFailure::broken_repository},
    {"could not read username", TransportFailure::auth_required},
    {"could not read password", TransportFailure::auth_required},
    {"authentication failed", TransportFailure::auth_required},
    {"host key verification failed", TransportFailure::auth_required},
    {"permission denied", TransportFailure::auth_required},
    {"requested url returned error: 401", TransportFailure::auth_required},
    {"requested url returned error: 403", TransportFailure::auth_required},
    {"does not appear to be a git repository", TransportFailure::missing_repo},
    {"access denied or repository not exported", TransportFailure::missing_repo},
    {"repository not found", TransportFailure::missing_repo},                     // GitHub by ssh
    {"repository does not exist", TransportFailure::missing_repo},                // Bitbucket by ssh
    {"you were looking for could not be found", TransportFailure::missing_repo},  // GitLab by ssh
};

/// `fatal: repository '…' not found`: git's words for 404.
bool is_not_found(std::string_view line) {
  return line.starts_with("fatal: repository '") && line.ends_with("' not found");
}

/// Removes who speaks: `fatal: remote error: upload-pack: …`.
std::string_view without_speaker(std::string_view line) {
  constexpr std::array<std::string_view, 6> speakers{
      "fatal: ", "error: ", "remote: ", "remote error: ", "upload-pack: ", "ERROR: "};
  for (const std::string_view speaker : speakers) {
    if (line.starts_with(speaker)) line.remove_prefix(speaker.size());
  }
  if (line.ends_with('.')) line.remove_suffix(1);
  return line;
}

struct Diagnosis {
  TransportFailure failure = TransportFailure::unreachable;
  std::string why;
  std::string missing;
};

/// Returns the lines of a stderr, without those that a progress line overwrote.
std::vector<std::string_view> lines_of(std::string_view errors) {
  std::vector<std::string_view> lines;
  for (std::string_view line : split(errors, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line.substr(line.rfind('\r') + 1));
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

/// The line that tells most where no symptom is known: the last of git's or ssh's that is not only about a failure
/// told before.
std::string_view last_reason(const std::vector<std::string_view>& lines) {
  constexpr std::array<std::string_view, 4> speakers{"fatal: ", "error: ", "remote: ", "ssh: "};
  std::string_view reason;
  for (const std::string_view line : lines) {
    const bool speaks =
        std::any_of(speakers.begin(), speakers.end(), [&](std::string_view name) { return line.starts_with(name); });
    const bool repeats = contains(line, "Could not read from remote repository");
    if (speaks && (!repeats || reason.empty())) reason = line;
  }
  return reason;
}

Diagnosis diagnose(std::string_view errors) {
  const std::vector<std::string_view> lines = lines_of(errors);
  const auto told_by = [](std::string_view line) { return escape_for_terminal(redact(without_speaker(line))); };
  for (const Symptom& symptom : symptoms) {
    for (const std::string_view line : lines) {
      const std::size_t start = to_lower_ascii(line).find(symptom.words);
      if (start == std::string::npos) continue;
      std::string_view rest = line.substr(start + symptom.words.size());
      if (!symptom.names_missing) rest = {};
      return {symptom.failure, told_by(line), std::string(rest.substr(0, rest.find(' ')))};
    }
  }
  for (const std::string_view line : lines) {
    if (is_not_found(line)) return {TransportFailure::missing_repo, told_by(line), {}};
  }
  return {TransportFailure::unreachable, told_by(last_reason(lines)), {}};
}

std::string hint_for(TransportFailure failure, std::string_view name) {
  switch (failure) {
    case TransportFailure::missing_repo:
      return "or this account may not see it";
    case TransportFailure::auth_required:
      return "log in with 'git ls-remote " + std::string(name) + "'";
    default:
      return {};
  }
}

TransportError too_large(std::string_view name, const TransportOptions& options) {
  return {TransportFailure::too_large, "cannot read '" + std::string(name) + "'",
          "it sends more than " + std::to_string(options.max_growth) + " bytes", "mlem.maxFetch sets the limit"};
}

[[noreturn]] void throw_failure(const RunResult& result, std::string_view name, const TransportOptions& options) {
  const std::string what = "cannot read '" + std::string(name) + "'";
  switch (result.end) {
    case RunResult::End::idle:
      throw TransportError(TransportFailure::timeout, what,
                           "no progress for " + std::to_string(options.idle.count() / 1000) + " seconds",
                           "mlem.timeout sets how long to wait");
    case RunResult::End::deadline:
      throw TransportError(TransportFailure::timeout, what, "it took too long", {});
    case RunResult::End::output:
      throw TransportError(TransportFailure::too_large, what, "it has too many refs", {});
    case RunResult::End::exceeded:
      throw too_large(name, options);
    case RunResult::End::exited:
      break;
  }
  if (options.interactive) {
    throw TransportError(TransportFailure::auth_required, what, "git ended with code " + std::to_string(result.code),
                         hint_for(TransportFailure::auth_required, name));
  }
  Diagnosis diagnosis = diagnose(result.errors);
  if (diagnosis.why.empty()) diagnosis.why = "git ended with code " + std::to_string(result.code);
  TransportError error(diagnosis.failure, what, diagnosis.why, hint_for(diagnosis.failure, name));
  error.set_missing(diagnosis.missing);
  throw error;
}

RunResult transport_run(std::vector<std::string> arguments, const Environment& environment, std::string_view input,
                        std::string_view name, const TransportOptions& options, Limits limits) {
  // A user who is asked may take any time.
  if (!options.interactive) limits.idle = options.idle;
  limits.deadline = options.deadline;
  RunResult result = run(detail::git_program(std::move(arguments), environment, {}), input,
                         options.interactive ? Session::shared : Session::own, limits, options.interrupt);
  if (result.end != RunResult::End::exited || result.code != 0) throw_failure(result, name, options);
  return result;
}

/// Calls `visit` for every file below `directory`, at most `depth` directories deep. What vanishes meanwhile is passed
/// over: git renames what is finished.
void for_each_file(const fs::path& directory, int depth, const std::function<void(const fs::path&)>& visit) {
  boost::system::error_code failure;
  fs::recursive_directory_iterator file(directory, fs::directory_options::skip_permission_denied, failure);
  for (const fs::recursive_directory_iterator end; !failure && file != end; file.increment(failure)) {
    boost::system::error_code gone;
    const bool is_directory = file->symlink_status(gone).type() == fs::directory_file;
    if (!is_directory) visit(file->path());
    if (is_directory && file.depth() + 1 >= depth) file.disable_recursion_pending();
  }
}

// Every level that is walked takes a descriptor; refs have a few.
constexpr int deepest_ref = 64;
constexpr int deepest_object = 2;

/// Watches how much a repository grows while git fetches into it.
class Growth {
 public:
  Growth(const fs::path& git_dir, std::uint64_t most) : git_dir_(git_dir), most_(most) {
    for_each_file(git_dir_ / "objects", deepest_object,
                  [&](const fs::path& file) { objects_before_.insert(file.string()); });
    bytes_before_ = bytes();
  }

  bool is_too_much() const {
    const std::uint64_t now = bytes();
    return now > bytes_before_ && now - bytes_before_ > most_;
  }

  /// The same for who asks often. A server of plain files makes a file of each object: looking at all of them takes at
  /// most a part of the time.
  bool is_too_much_by_now() {
    const auto start = std::chrono::steady_clock::now();
    if (start < next_look_) return false;
    const bool is_too_much = this->is_too_much();
    const auto end = std::chrono::steady_clock::now();
    next_look_ = end + std::max<std::chrono::steady_clock::duration>(4 * (end - start), std::chrono::milliseconds(100));
    return is_too_much;
  }

  /// Removes the objects that were not there before: what is too large once would be kept in parts for ever.
  void undo() const {
    std::vector<fs::path> objects;
    for_each_file(git_dir_ / "objects", deepest_object, [&](const fs::path& file) {
      if (!objects_before_.contains(file.string())) objects.push_back(file);
    });
    boost::system::error_code failure;
    for (const fs::path& object : objects) fs::remove(object, failure);
  }

 private:
  /// The bytes of objects and refs, unfinished ones among them.
  std::uint64_t bytes() const {
    constexpr std::uint64_t per_file = 512;  // the least that a file system keeps of a file: an inode, a name
    std::uint64_t sum = 0;
    const auto add = [&](const fs::path& file) {
      struct stat status {};
      if (lstat(file.c_str(), &status) == 0) sum += static_cast<std::uint64_t>(status.st_size) + per_file;
    };
    for_each_file(git_dir_ / "objects", deepest_object, add);
    for_each_file(git_dir_ / "refs", deepest_ref, add);
    return sum;
  }

  const fs::path& git_dir_;
  std::uint64_t most_;
  std::set<std::string> objects_before_;
  std::uint64_t bytes_before_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
};

/// Removes what a killed fetch left behind: unfinished packs and objects, and locks that would stop every later one.
void remove_leftovers(const fs::path& git_dir) {
  std::vector<fs::path> leftovers;
  // A ref's name cannot end so; see git-check-ref-format(1).
  const auto add_if_lock = [&](const fs::path& file) {
    if (file.extension() == ".lock") leftovers.push_back(file);
  };
  for_each_file(git_dir, 1, add_if_lock);
  for_each_file(git_dir / "refs", deepest_ref, add_if_lock);
  for_each_file(git_dir / "objects", deepest_object, [&](const fs::path& file) {
    // The last two are of the transport for servers of plain files.
    const bool is_unfinished =
        file.filename().string().starts_with("tmp_") || file.extension() == ".temp" || file.extension() == ".prev";
    if (is_unfinished) leftovers.push_back(file);
  });
  boost::system::error_code failure;
  for (const fs::path& path : leftovers) fs::remove(path, failure);
}

}  // namespace

TransportError::TransportError(TransportFailure failure, std::string what_failed, std::string why, std::string hint)
    : Error(kind_of(failure), std::move(what_failed), std::move(why), std::move(hint)), failure_(failure) {}

Transport::Transport(Environment environment, TransportOptions options)
    : environment_(std::move(environment)), options_(std::move(options)) {
  environment_.set("LC_ALL", "C");
  environment_.set("GIT_CONFIG_NOSYSTEM", "1");
  environment_.set("GIT_CONFIG_GLOBAL", "/dev/null");
  environment_.set("GIT_NO_LAZY_FETCH", "1");
  environment_.set("GIT_OPTIONAL_LOCKS", "0");
  add_config(environment_, "protocol.version", "2");
  add_config(environment_, "protocol.ext.allow", "never");
  add_config(environment_, "protocol.fd.allow", "never");
  if (options_.interactive) return;
  environment_.set("GIT_TERMINAL_PROMPT", "0");
  environment_.set("GIT_ASKPASS", "");  // unset would let core.askPass and SSH_ASKPASS be run
  environment_.set("SSH_ASKPASS_REQUIRE", "never");
  set_ssh_batch_mode(environment_);
}

RemoteRefs Transport::list_refs(std::string_view url, std::string_view name) const {
  Limits limits;
  limits.output = max_refs_output;
  // Without a repository: that of the current directory has settings too.
  const std::string output = transport_run({"--git-dir=/dev/null", "ls-remote", "--symref", "--", std::string(url)},
                                           environment_, {}, name, options_, limits)
                                 .output;
  RemoteRefs remote;
  for (const std::string_view line : split(output, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view value = line.substr(0, tab);
    const std::string_view ref = line.substr(tab + 1);
    constexpr std::string_view symbolic = "ref: ";
    if (value.starts_with(symbolic)) {
      if (ref == "HEAD") remote.head_branch = std::string(value.substr(symbolic.size()));
    } else if (const auto oid = Oid::parse(value); oid && !ref.ends_with("^{}")) {
      remote.refs.push_back({std::string(ref), *oid});
    }
  }
  return remote;
}

void Transport::fetch(const fs::path& git_dir, std::string_view url, std::string_view name, const Fetch& fetch) const {
  Environment environment = environment_;
  // A small pack would be unpacked, out of sight of the limit on growth.
  add_config(environment, "fetch.unpackLimit", "1");
  if (!fetch.filter.empty()) {
    // git would write these into the repository's configuration, which is a constant.
    const std::string remote = "remote." + std::string(url);
    add_config(environment, remote + ".promisor", "true");
    add_config(environment, remote + ".partialCloneFilter", fetch.filter);
  }
  const bool only_ids = std::all_of(fetch.refspecs.begin(), fetch.refspecs.end(),
                                    [](const std::string& refspec) { return Oid::parse(refspec).has_value(); });
  // What is wanted by id is lacking whatever else is there: telling the server about it would only make it send less.
  if (only_ids) add_config(environment, "fetch.negotiationAlgorithm", "noop");

  std::vector<std::string> arguments{"--git-dir=" + git_dir.string(),
                                     "fetch",
                                     "--progress",
                                     "--no-auto-maintenance",
                                     "--no-write-fetch-head",
                                     "--no-tags",
                                     "--no-recurse-submodules"};
  arguments.push_back(fetch.filter.empty() ? "--no-filter" : "--filter=" + fetch.filter);
  if (fetch.shallow) arguments.emplace_back("--depth=1");
  if (fetch.prune) arguments.emplace_back("--prune");
  if (fetch.refetch) arguments.emplace_back("--refetch");
  arguments.insert(arguments.end(), {"--stdin", "--", std::string(url)});
  std::string input;
  for (const std::string& refspec : fetch.refspecs) input += refspec + "\n";

  remove_leftovers(git_dir);
  Growth growth(git_dir, options_.max_growth);
  Limits limits;
  limits.exceeded = [&] { return growth.is_too_much_by_now(); };
  try {
    const RunResult result = transport_run(std::move(arguments), environment, input, name, options_, limits);
    if (options_.notice && contains(result.errors, "filtering not recognized by server")) {
      options_.notice("it cannot leave anything out, and sends models too");
    }
    // What comes fast is here before anybody has looked.
    if (growth.is_too_much()) throw too_large(name, options_);
  } catch (const TransportError& error) {
    remove_leftovers(git_dir);
    if (error.failure() == TransportFailure::too_large) growth.undo();
    throw;
  } catch (...) {
    remove_leftovers(git_dir);
    throw;
  }
}

Environment with_transport_config(Environment environment,
                                  const std::vector<std::pair<std::string, std::string>>& config) {
  environment.unset("GIT_CONFIG_COUNT");
  for (const auto& [key, value] : config) {
    if (is_transport_setting(key)) add_config(environment, key, value);
  }
  return environment;
}

std::string rewrite_url(std::string_view url, const std::vector<std::pair<std::string, std::string>>& config) {
  constexpr std::string_view section = "url.";
  constexpr std::string_view name = ".insteadof";
  const std::pair<std::string, std::string>* longest = nullptr;
  for (const auto& setting : config) {
    const auto& [key, prefix] = setting;
    if (!key.starts_with(section) || !key.ends_with(name) || key.size() < section.size() + name.size()) continue;
    if (url.starts_with(prefix) && (longest == nullptr || prefix.size() > longest->second.size())) longest = &setting;
  }
  if (longest == nullptr) return std::string(url);
  const std::string_view base = std::string_view(longest->first).substr(section.size());
  return std::string(base.substr(0, base.size() - name.size())) += url.substr(longest->second.size());
}

}  // namespace mlem::git
