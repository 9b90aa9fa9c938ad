#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlem::artifact {

/// A place where DVC keeps objects.
struct DvcRemote {
  enum class Kind {
    http,       ///< http or https: an object is a GET
    directory,  ///< of this machine: `url` is a path or a file URL
    other,      ///< S3, ssh, …: only `dvc` itself gets at it
  };
  std::string name;  ///< in lower case
  std::string url{};
  Kind kind = Kind::other;
  bool is_relative = false;   ///< a directory relative to that of the configuration file
  bool is_versioned = false;  ///< files lie there under their own names (`worktree`, `version_aware`)
  std::string auth{};         ///< `basic`, `digest`, `custom` or empty
  std::string user{};
  std::string password{};            ///< never to be shown
  std::string custom_auth_header{};  ///< the header that `password` is the value of, if `auth` is `custom`
};

/// The configuration of DVC (`.dvc/config`, `.dvc/config.local`, the user's), as its library ConfigObj reads it.
class DvcConfig {
 public:
  /// Throws Error(invalid), with its position, for text that ConfigObj refuses, for an interpolation (`%(name)s`), and
  /// over 1 MiB.
  static DvcConfig parse(std::string_view text);

  /// Takes every option of `other` too, whose value counts where both have one.
  void overlay(const DvcConfig& other);

  /// Returns the value of an option, both names in lower case; nothing if it is absent or a list.
  std::optional<std::string> find(std::string_view section, std::string_view option) const;

  /// Returns the remote of that name, of any case, or the default one for the empty name, with what it inherits from
  /// others (`url = remote://<other>/<path>`). Returns nothing if there is none, it has no address, or remotes inherit
  /// from each other in a ring.
  std::optional<DvcRemote> find_remote(std::string_view name) const;

  /// Returns why the program `dvc` is not to be run with this configuration, if somebody else has written it: it sets
  /// more than where objects are, and so might have `dvc` read files, run programs or send credentials elsewhere.
  std::optional<std::string> why_not_for_dvc() const;

 private:
  using Values = std::vector<std::string>;  ///< not one: a list
  using Section = std::map<std::string, Values, std::less<>>;

  /// Returns all options of a remote, its own before inherited ones.
  std::optional<Section> options_of(std::string name) const;

  std::map<std::string, Section, std::less<>> sections_;
};

}  // namespace mlem::artifact
