// The public functions in terms of the engine.

#include "mlem/detail/in_registry.hpp"

#include <ctime>
#include <memory>
#include <utility>

namespace mlem {
inline namespace v0 {

bool is_undecided(const std::string& verdict) {
  for (int number = 0; number <= static_cast<int>(Verdict::unverified); ++number) {
    const auto known = static_cast<Verdict>(number);
    if (name(known) == verdict) return decision(known) == Decision::undecided;
  }
  return false;
}

Error& Error::with(Finding finding) {
  finding_ = std::make_shared<const Finding>(std::move(finding));
  return *this;
}

Error& Error::as_undecided() noexcept {
  undecided_ = true;
  return *this;
}

Cancel::Cancel() : interrupt_(promising([] { return std::make_unique<Interrupt>(); })) {}

Cancel::~Cancel() = default;

void Cancel::request() noexcept { interrupt_->request(); }

Interrupt* interrupt_of(const Cancel* cancel) noexcept {
  return cancel == nullptr ? nullptr : cancel->interrupt_.get();
}

Finding detail::describe(const engine::Finding& found) {
  Finding finding;
  finding.link = found.link;
  finding.verdict = name(found.verdict);
  finding.message = found.message;
  finding.hint = found.hint;
  for (const Warning& warning : found.warnings) finding.warnings.push_back(warning.code + ": " + warning.message);
  finding.object_type = found.object_type;
  finding.repo = found.repo;
  finding.rev = found.rev;
  finding.ref = found.ref;
  finding.commit = found.commit ? found.commit->hex() : "";
  finding.path = found.path;
  finding.blob = found.blob ? found.blob->hex() : "";
  for (const auto& hop : found.hops) {
    finding.hops.push_back({hop.repo, hop.rev, hop.commit ? hop.commit->hex() : "", hop.path});
  }
  if (!found.artifacts) return finding;
  for (const FoundArtifact& artifact : *found.artifacts) {
    finding.artifacts.push_back(
        {artifact.name, artifact.path, artifact.size, artifact.hash, std::string(name(artifact.state))});
  }
  return finding;
}

namespace {

/// Resolves one thing and returns where it was found.
template <typename Source>
resolve::Answer find(const git::Registry& registry, const source::Settings& settings, resolve::TreeView& view,
                     const std::string& file, const Source& source, const std::string& object, bool follow_links) {
  resolve::Resolver resolver(registry, settings, {.wants_text = true});
  const std::size_t number = resolver.add(view, file, source);
  resolver.run();
  const auto chain = resolver.chain(number).answers;
  if (follow_links || chain.empty() || chain.front().failed()) {
    const engine::Finding finding = resolver.finding(number, "");
    require_ok(object, finding);
    resolve::Answer end = chain.back();
    if (end.plain) end.object_type = finding.object_type;
    return end;
  }
  return chain.front();
}

/// The date in UTC.
std::string today() { return format_time(std::time(nullptr)).substr(0, 10); }

EditedLink describe(const edit::LinkEdit& edit) {
  const engine::Finding& finding = edit.decision.finding;
  return {finding.link,
          std::string(name(edit.decision.action)),
          edit.decision.is_judged ? std::string(name(finding.verdict)) : std::string(),
          finding.message,
          finding.hint,
          edit.decision.branch};
}

/// Changes links by the rule that `make_rule` gives for a registry, where `place` says.
template <typename MakeRule, typename Place = decltype(&edit::place_in_index)>
std::vector<EditedLink> edit_links(const EditOptions& options, const MakeRule& make_rule,
                                   const Place& place = &edit::place_in_index) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    const std::unique_ptr<edit::LinkRule> rule = make_rule(registry);
    std::vector<EditedLink> links;
    std::optional<EditedLink> refused;
    edit::edit_links(registry, source::load_settings(registry), *rule, *place(registry),
                     {.links = options.links, .dry_run = options.dry_run, .reports_kept = true},
                     [&](const edit::LinkEdit& edit) {
                       links.push_back(describe(edit));
                       if (edit.is_refusal && !refused) refused = links.back();
                     });
    if (refused) {
      const std::string verdict = refused->verdict == "ok" ? "" : refused->verdict;
      const std::string what = "'" + refused->link + "'";
      throw Error(what + ": " + (verdict.empty() ? "" : verdict + ": ") + refused->message, what, refused->message,
                  verdict, refused->hint);
    }
    return links;
  });
}

}  // namespace

Object load_meta(const std::string& path, const LoadOptions& options) {
  return in_registry_if_any(options.directory, [&](const git::Registry& registry) {
    const source::Settings settings = settings_of(registry, options.cancel);
    edit::ObjectViews views(registry);
    const edit::ObjectArgument argument =
        edit::parse_object(registry, settings, views, path, if_given(options.project), if_given(options.rev));
    if (argument.refusal) {
      engine::Finding finding;
      finding.verdict = argument.refusal->verdict;
      finding.message = argument.refusal->message;
      finding.hint = argument.refusal->hint;
      require_ok(path, finding);
    }
    const resolve::Answer target =
        find(registry, settings, *argument.view, "", argument.source, path, options.follow_links);
    Object::State object;
    object.object_type = target.link ? "link" : target.object_type;
    object.repo = target.source.repo ? target.source.repo->text() : "";
    object.commit = target.commit ? target.commit->hex() : "";
    object.path = target.path;
    object.text = target.text;
    object.asked_path = path;
    object.asked = options;
    object.asked.cancel = nullptr;
    return Object(std::move(object));
  });
}

Finding resolve(const std::string& object, const LoadOptions& options) {
  return in_registry_if_any(options.directory, [&](const git::Registry& registry) {
    const source::Settings settings = settings_of(registry, options.cancel);
    edit::ObjectViews views(registry);
    const edit::ObjectArgument argument =
        edit::parse_object(registry, settings, views, object, if_given(options.project), if_given(options.rev));
    resolve::Resolver resolver(registry, settings);
    const std::size_t number = edit::add_object(resolver, argument);
    resolver.run();
    resolve::Chain chain = resolver.chain(number);
    if (!options.follow_links) chain = resolve::first_of(std::move(chain));
    engine::Finding finding = resolve::finding_of(chain, "");
    if (!chain.answers.empty() && !chain.answers.front().source.repo) finding.link = chain.answers.front().path;
    require_ok(object, finding);
    return detail::describe(finding);
  });
}

std::string Object::json(Numbers numbers) const {
  const auto written = numbers == Numbers::any ? yaml::Numbers::any : yaml::Numbers::of_json;
  return promising([&] { return yaml::to_json(text(), written); });
}

namespace {

Method describe(const object::Method& method) {
  Method described{method.name, {}, object::text_of(method.returns), object::text_of(method)};
  for (const object::Argument& argument : method.arguments) {
    described.arguments.push_back({argument.name, object::text_of(argument.type), argument.required,
                                   argument.default_value, argument.keyword_only});
  }
  return described;
}

}  // namespace

Description Object::description() const {
  return promising([&] {
    const object::Description read = yaml::read_object(text());
    const std::string what = "'" + path() + "'";
    if (!read.unread.empty()) throw Error(what + ": " + read.unread, what, read.unread, "", "");
    Description description;
    description.format = read.format;
    if (read.data) description.data = object::text_of(*read.data);
    for (const object::Method& method : read.methods) description.methods.push_back(v0::describe(method));
    for (const auto& [kind, name, version, origin] : read.requirements)
      description.requirements.push_back({kind, name, version, origin});
    for (const auto& [name, uri, hash, size, type] : read.artifacts)
      description.files.push_back({name, uri, hash, size, type});
    return description;
  });
}

Link Object::make_link(const std::string& target, LinkOptions options) const {
  const LoadOptions& asked = state_.asked;
  options.source_project = asked.project;
  options.rev = asked.rev;
  options.follow_links = asked.follow_links;
  options.directory = asked.directory;
  options.target = target;
  return mlem::link(state_.asked_path, options);
}

std::optional<Link> Object::link() const {
  if (object_type() != "link") return std::nullopt;
  return promising([&] {
    const engine::Link fields = yaml::read_metafile(text()).link;
    Link::State link;
    link.link_type = fields.link_type;
    link.path = fields.path;
    link.repo = fields.repo.value_or("");
    link.rev = fields.rev.value_or("");
    link.file = commit().empty() ? path() : "";
    link.text = text();
    link.directory = state_.asked.directory;
    if (!commit().empty()) {
      link.loaded_path = repo().empty() ? commit() + ":" + path() : path();
      link.loaded_from = {.project = repo(), .rev = commit(), .directory = state_.asked.directory};
    }
    return std::optional<Link>(std::move(link));
  });
}

Object Link::load_link(Cancel* cancel) const {
  if (!state_.loaded_path.empty()) {
    LoadOptions options = state_.loaded_from;
    options.cancel = cancel;
    return load_meta(state_.loaded_path, options);
  }
  return in_registry(state_.directory, [&](const git::Registry& registry) {
    const auto work_view = resolve::view_work_tree(registry);
    const resolve::Answer target = find(registry, settings_of(registry, cancel), *work_view, file(),
                                        yaml::read_metafile(state_.text).link, file().empty() ? path() : file(), true);
    Object::State object;
    object.object_type = target.object_type.empty() ? link_type() : target.object_type;
    object.repo = target.source.repo ? target.source.repo->text() : "";
    object.commit = target.commit ? target.commit->hex() : "";
    object.path = target.path;
    object.text = target.text;
    object.asked_path = target.path;
    object.asked = {.project = object.repo, .rev = object.commit, .directory = state_.directory};
    return Object(std::move(object));
  });
}

Link link(const std::string& source, const LinkOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    const edit::NewLink made = edit::make_link(registry, settings_of(registry, options.cancel),
                                               {.source = source,
                                                .source_project = if_given(options.source_project),
                                                .rev = if_given(options.rev),
                                                .target = options.target,
                                                .target_project = if_given(options.target_project),
                                                .is_plain = options.plain,
                                                .type = if_given(options.type),
                                                .follow_links = options.follow_links,
                                                .absolute = options.absolute,
                                                .pin = options.pin ? edit::Pin::yes : edit::Pin::no,
                                                .today = today(),
                                                .force = options.force});
    require_ok(source, made.finding);
    if (!made.target.empty()) edit::save_link(registry, made, options.stage ? edit::Stage::yes : edit::Stage::no);
    Link::State link;
    link.link_type = made.link.link_type;
    link.path = made.link.path;
    link.repo = made.link.repo.value_or("");
    link.rev = made.link.rev.value_or("");
    link.file = made.target;
    link.text = made.text;
    link.directory = options.directory;
    return Link(std::move(link));
  });
}

std::vector<EditedLink> pin(const EditOptions& options) {
  return edit_links(options, [&](const git::Registry& registry) {
    return edit::pin_rule(registry, edit::PinMode::pin, {today(), options.force});
  });
}

std::vector<EditedLink> refresh_pins(const EditOptions& options) {
  return edit_links(options, [&](const git::Registry& registry) {
    return edit::pin_rule(registry, edit::PinMode::refresh, {today(), options.force});
  });
}

std::vector<EditedLink> unpin(const EditOptions& options) {
  return edit_links(options, [&](const git::Registry& registry) {
    return edit::unpin_rule(source::load_settings(registry), {today(), options.force});
  });
}

std::vector<EditedLink> hold(const std::string& reason, const std::string& until, const EditOptions& options) {
  return edit_links(options, [&](const git::Registry&) { return edit::hold_rule(reason, if_given(until), today()); });
}

std::vector<EditedLink> unhold(const EditOptions& options) {
  return edit_links(options, [](const git::Registry&) { return edit::unhold_rule(); });
}

namespace {

std::optional<SourcePoint> describe(const std::optional<Point>& point) {
  if (!point) return std::nullopt;
  return SourcePoint{point->rev, point->ref, point->commit, point->path, point->repo, point->blob};
}

LinkStatus describe(const history::Standing& standing) {
  const engine::Finding& finding = standing.finding;
  LinkStatus status;
  status.link = finding.link;
  if (standing.state) status.state = name(*standing.state);
  status.verdict = name(finding.verdict);
  status.message = finding.message;
  status.hint = finding.hint;
  for (const Warning& warning : finding.warnings) status.warnings.push_back(warning.code + ": " + warning.message);
  status.behind = standing.behind;
  status.touching = standing.touching;
  status.tip = describe(standing.tip);
  status.newest = describe(standing.newest);
  status.hold = standing.hold.value_or("");
  status.until = standing.until.value_or("");
  return status;
}

}  // namespace

std::vector<LinkStatus> status(const StatusOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    source::Settings settings = source::load_settings(registry);
    settings.offline = options.offline;
    check::Scope scope = check::whole_registry(registry);
    scope.pathspecs = options.links;
    check::settle_pathspecs(registry, settings, scope);
    std::vector<LinkStatus> links;
    edit::Sights sights(registry);
    history::list_standings(registry, settings,
                            {.commit = scope.commit, .pathspecs = scope.pathspecs, .today = today()},
                            [&](const history::Standing& standing) {
                              sights.note(standing, std::time(nullptr));
                              links.push_back(describe(standing));
                            });
    if (!options.offline) sights.save();
    return links;
  });
}

std::vector<EditedLink> update(const UpdateOptions& options) {
  const EditOptions edited{.links = options.links, .dry_run = options.dry_run, .directory = options.directory};
  const auto make_rule = [&](const git::Registry& registry) {
    return edit::update_rule(registry, source::load_settings(registry),
                             {.to = if_given(options.to),
                              .min_age = options.min_age,
                              .now = std::time(nullptr),
                              .notes_sights = !options.dry_run,
                              .holds = {today(), options.force}});
  };
  return edit_links(edited, make_rule, [&](const git::Registry& registry) {
    return options.branch.empty() ? edit::place_in_index(registry)
                                  : edit::place_on_branches(registry, source::load_settings(registry), options.branch);
  });
}

std::vector<EditedLink> promote(const std::vector<std::string>& links, const PromoteOptions& options) {
  const EditOptions edited{.links = links, .dry_run = options.dry_run, .directory = options.directory};
  const edit::Promotion promotion{.words = links,
                                  .directory = if_given(options.to),
                                  .branch = if_given(options.onto),
                                  .message = if_given(options.message),
                                  .pins = options.pin,
                                  .holds = {today(), options.force}};
  return edit_links(
      edited, [&](const git::Registry& registry) { return edit::promote_rule(registry, options.pin); },
      [&](const git::Registry& registry) { return edit::place_promoted(registry, promotion); });
}

std::vector<EditedLink> rollback(const std::vector<std::string>& links, const RollbackOptions& options) {
  const EditOptions edited{.links = links, .dry_run = options.dry_run, .directory = options.directory};
  edit::Rollback rollback{
      .words = links, .rev = options.to, .reason = if_given(options.reason), .force = options.force};
  return edit_links(edited, [&](const git::Registry& registry) {
    if (!options.to.empty()) rollback.commit = history::resolve_commit(registry, options.to);
    return edit::rollback_rule(registry, source::load_settings(registry), rollback);
  });
}

std::vector<LoggedChange> log(const LogOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    history::LogRequest request = history::log_request(registry, if_given(options.range));
    request.links = options.links;
    request.tells_removed = options.removed;
    request.most_commits = options.max_count;
    if (!options.since.empty()) request.since = history::time_of(registry, options.since, history::Edge::start);
    if (!options.until.empty()) request.until = history::time_of(registry, options.until, history::Edge::end);
    std::vector<LoggedChange> changes;
    history::walk_log(registry, source::load_settings(registry), request, [&](const history::LogEntry& entry) {
      const history::LinkChange& change = entry.change;
      LoggedChange& told = changes.emplace_back();
      told.link = change.name;
      told.change = name(change.kind);
      told.former_link = change.former_name;
      told.message = change.flaw;
      if (change.before) told.from = describe(point_of(*change.before));
      if (change.after) told.to = describe(point_of(*change.after));
      told.registry_commit = entry.registry_commit.hex();
      told.date = format_time(entry.time);
      told.merged_by = entry.merged_by;
      told.changed_in = entry.changed_in ? entry.changed_in->hex() : "";
      told.author = entry.author;
      told.until = entry.until ? format_time(*entry.until) : "";
    });
    return changes;
  });
}

std::vector<ChangedLink> diff(const DiffOptions& options) {
  return in_registry(options.directory, [&](const git::Registry& registry) {
    source::Settings settings = source::load_settings(registry);
    settings.offline = options.offline;
    history::DiffRequest request = history::diff_request(registry, options.revs);
    request.pathspecs = options.paths;
    std::vector<ChangedLink> links;
    history::walk_diff(registry, settings, request, [&](const history::LinkDifference& difference) {
      const history::LinkChange& change = difference.change;
      ChangedLink& told = links.emplace_back();
      told.link = change.name;
      told.change = name(change.kind);
      told.former_link = change.former_name;
      told.message = change.flaw;
      for (const std::string& reason : difference.unknown) told.message += (told.message.empty() ? "" : "; ") + reason;
      if (change.before) told.from = describe(difference.from);
      if (change.after) told.to = describe(difference.to);
      if (difference.commits) {
        for (const auto& commit : difference.commits->ahead)
          told.commits.push_back({commit->oid.hex(), format_time(commit->time), commit->author, commit->subject});
      }
      if (!difference.comparison) return;
      told.compatibility = name(difference.comparison->compatibility);
      for (const auto& detail : difference.comparison->details) {
        told.details.push_back({detail.what, detail.from, detail.to});
      }
    });
    return links;
  });
}

std::vector<UsedBy> who(const std::string& place, const WhoOptions& options) {
  return in_registry_if_any(options.directory, [&](const git::Registry& registry) {
    if (options.registries.empty()) registry.require_repository();
    source::Settings settings = source::load_settings(registry);
    settings.offline = options.offline;
    std::vector<RepoUrl> others;
    for (const std::string& other : options.registries) {
      others.push_back(history::parse_place(other, registry.directory()).repo);
    }
    std::vector<UsedBy> links;
    history::find_links_to(registry, settings, history::parse_place(place, registry.directory()), others,
                           [&](const history::LinkToPlace& found) {
                             const Point point = point_of(found.link);
                             links.push_back({found.name, point.repo, point.rev, point.path, found.refs, found.via,
                                              found.floats, found.registry});
                           });
    return links;
  });
}

}  // namespace v0
}  // namespace mlem
