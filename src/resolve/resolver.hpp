#pragma once

#include "base/error.hpp"
#include "model/finding.hpp"
#include "resolve/chain.hpp"
#include "resolve/detail/answer_store.hpp"
#include "resolve/tree_view.hpp"
#include "source/conversation.hpp"
#include "source/refusal.hpp"
#include "source/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlem::resolve {

/// What a resolver is told besides.
struct ResolverOptions {
  bool wants_text = false;           ///< keep every metafile's text: for few objects
  TakeText take_text{};              ///< gets it, for many
  bool only_seeks = false;           ///< look metafiles up and do not read them: where links lead is not followed
  source::PushedRefs pushed_refs{};  ///< what a push is about to make of the registry's own refs
};

/// Resolves links: asks each repository once per hop level for all that is wanted of it, repositories in parallel.
class Resolver {
 public:
  /// `registry` is where `rev` without `repo` leads.
  Resolver(const git::Registry& registry, source::Settings settings, ResolverOptions options = {});

  /// Takes a link up for the next run(). `view` is the tree it was read from and must live as long as the resolver;
  /// `name` is its file. Returns the link's number. A malformed field becomes the verdict.
  std::size_t add(TreeView& view, const std::string& name, const Link& link);
  /// The same for an object named by address or path instead of by a link.
  std::size_t add(TreeView& view, const std::string& name, const Source& source);
  /// Takes a link up for the newest version of what its rev is a version of: newest_version(). It names a repository or
  /// a rev, without a path in its address.
  std::size_t add_newest_version(TreeView& view, const std::string& name, const Link& link);
  /// The same for one that needs no question, for it is known why there is no answer.
  std::size_t add_refused(const Source& source, const source::Refusal& refusal);

  /// Resolves all that was added, hop by hop.
  void run();

  /// Returns the repository that a link itself names; nothing if it names none or is malformed.
  std::optional<RepoUrl> repo(std::size_t number) const;
  /// Returns the answer about what the link itself names, or why it is malformed.
  Answer answer(std::size_t number) const;
  /// Returns what following the link came to.
  Chain chain(std::size_t number) const;
  /// finding_of() its chain.
  Finding finding(std::size_t number, const std::string& link_type) const;

 private:
  using QueryNumber = detail::QueryNumber;
  struct Step {
    QueryNumber next = -1;  ///< what the link at the end of it leads to; -1: it ends there
    bool done = false;
  };
  QueryNumber number_of(detail::AnswerStore::Subject subject, std::string_view path);
  /// `view` and `file` are where the link is. They matter to an alias only, and `view` may be null for other sources.
  QueryNumber number_of(TreeView* view, std::string_view file, const Source& source);
  QueryNumber number_of(TreeView* view, std::string_view file, const Link& link,
                        UrlParts::RevKind kind = UrlParts::RevKind::none);
  /// Takes up a link that is malformed. Returns its number.
  std::size_t add_malformed(const Link& link, const Error& error);
  QueryNumber number_after(QueryNumber number);
  std::size_t most_hops_of(std::size_t number) const;
  /// Returns what a chain has behind `before`: an alias inside a source keeps the rev that led to the source.
  Answer answer_after(QueryNumber number, const Answer& before) const;
  /// Returns where MLEM starts the aliases that a chain beginning with `first` comes to, whatever projects they are in:
  /// at the project of the first link. Nothing: each at its own directory.
  std::optional<std::string> start_of_chain(QueryNumber number, const Answer& first) const;

  struct AliasBatch;
  using AliasBatches = std::map<git::Repository*, AliasBatch>;
  /// Returns a query, to be answered.
  Answer question(QueryNumber number, detail::Hints& hints) const;
  void keep(QueryNumber number, Answer&& answer);
  /// Looks an alias up. What is found and can be read with others of its repository is added to `batches`.
  void find_alias(QueryNumber number, detail::Hints& hints, AliasBatches& batches);
  void read_aliases(const std::vector<QueryNumber>& numbers);
  /// Answers links with `rev` and without `repo`.
  void read_own(const std::vector<QueryNumber>& numbers);
  /// Answers links to one source.
  void read_source(const std::vector<QueryNumber>& numbers, const source::Settings& settings);
  void read_sources(std::vector<const std::vector<QueryNumber>*> groups);
  void ask_all(source::Conversation& source, const std::vector<QueryNumber>& numbers, const source::Settings& settings);
  void ask_together(source::Conversation& source, std::span<const QueryNumber> numbers,
                    const source::Settings& settings, detail::Hints& hints);
  void read_level(const std::vector<QueryNumber>& level);

  const git::Registry& registry_;
  source::Settings settings_;
  ResolverOptions options_;
  detail::AnswerStore answers_;
  /// By repository and rev as links have them; nothing if it takes the path to tell.
  std::unordered_map<std::string, std::optional<detail::AnswerStore::Subject>> subjects_;
  /// Of aliases, by the tree and the directory of their files.
  struct AliasSubject {
    AliasStart start;
    detail::AnswerStore::Subject subject = 0;
  };
  std::unordered_map<TreeView*, std::unordered_map<std::string, AliasSubject>> alias_subjects_;
  std::string key_;                            ///< of `subjects_`, with its memory kept
  std::deque<Step> steps_;                     ///< by query
  std::vector<QueryNumber> first_;             ///< by the number of the link
  std::set<std::size_t> named_;                ///< the numbers of what was added as an object instead of a link
  std::unordered_map<std::size_t, Oid> pins_;  ///< by the number of the link: two may ask the same with other pins
  std::deque<Answer> malformed_;               ///< links without a query; first_ has -1 - their number
  std::vector<QueryNumber> pending_;
};

}  // namespace mlem::resolve
