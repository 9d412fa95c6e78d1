#include "saving/checkpoint_edit.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "core/tensor/cast.h"
#include "saving/cairn_entries.h"
#include "saving/config_path.h"
#include "saving/copy_entry.h"
#include "saving/edited_objects.h"
#include "saving/named_checkpoint.h"
#include "saving/trackable_object_names.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

// What a variable is called by the edge that leads to it: Keras has "_kernel"
// for "kernel".
absl::string_view WordOf(absl::string_view edge) {
  return absl::StripPrefix(edge, "_");
}

class Editor {
 public:
  Editor(const NamedCheckpoint& checkpoint, const EditOptions& options)
      : checkpoint_(checkpoint), options_(options) {
    for (const NamedEntry& entry : checkpoint.entries()) {
      if (entry.entry.key == kObjectGraphKey) continue;
      items_[entry.entry.key] = {
          .entry = &entry, .name = entry.name, .part = entry.part};
    }
  }

  absl::Status ReadObjects() {
    CAIRN_ASSIGN_OR_RETURN(std::vector<TrackableNode> nodes,
                           checkpoint_.ReadObjects());
    objects_ = EditedObjects(std::move(nodes));
    return absl::OkStatus();
  }

  absl::Status Make(const CheckpointChange& change) {
    switch (change.kind) {
      case CheckpointChange::Kind::kRename:
        return Rename(change.target, change.new_name);
      case CheckpointChange::Kind::kDelete:
        return Delete(change.target);
      case CheckpointChange::Kind::kAdd:
        return Add(change.target, change.value);
      case CheckpointChange::Kind::kConfig:
        return SetConfig(change.target, change.config);
      case CheckpointChange::Kind::kSet:
        break;
    }
    return Set(change.target, change.value);
  }

  // About how many AddAll() adds.
  int64_t CountBytes() const {
    int64_t bytes = 0;
    for (const auto& [key, item] : items_) {
      if (item.value.has_value()) {
        bytes += static_cast<int64_t>(ByteSize(item.value->spec()));
      } else {
        bytes += item.entry->entry.size;
      }
    }
    const BundleEntry* const graph = checkpoint_.bundle().Find(kObjectGraphKey);
    return graph == nullptr ? bytes : bytes + graph->size;
  }

  absl::Status AddAll(BundleWriter& writer) const {
    const BundleReader& bundle = checkpoint_.bundle();
    for (const auto& [key, item] : items_) {
      CAIRN_RETURN_IF_ERROR(AddItem(key, item, writer));
    }
    const std::string graph_key(kObjectGraphKey);
    const BundleEntry* const graph = bundle.Find(kObjectGraphKey);
    if (graph == nullptr) return absl::OkStatus();
    if (!objects_.changed())
      return CopyEntry(bundle, *graph, graph_key, writer);
    return writer.AddString(graph_key,
                            EncodeTrackableObjectGraph(objects_.nodes()));
  }

 private:
  // An entry as it will be written.
  struct Item {
    const NamedEntry* entry = nullptr;  // Null: it is new, and has a value.
    std::string name;                   // The readable one.
    std::string part;
    // In place of the entry's.
    std::optional<Tensor> value;
    std::optional<Config> config;
  };
  using Items = std::map<std::string, Item>;

  absl::Status AddItem(const std::string& key, const Item& item,
                       BundleWriter& writer) const {
    if (item.value.has_value()) return writer.AddTensor(key, *item.value);
    if (item.config.has_value()) {
      return writer.AddString(key, ConfigText(key, *item.config));
    }
    return CopyEntry(checkpoint_.bundle(), item.entry->entry, key, writer);
  }

  // By key or readable name, as the changes so far have left them.
  absl::StatusOr<Items::iterator> Find(const std::string& target) {
    const auto exact = items_.find(target);
    if (exact != items_.end()) return exact;
    const auto with_suffix =
        items_.find(absl::StrCat(target, trackable::kValueSuffix));
    auto found = items_.end();
    std::vector<std::string> keys, known;
    for (auto it = items_.begin(); it != items_.end(); ++it) {
      known.push_back(it->second.name);
      if (it->second.name != target) continue;
      found = it;
      keys.push_back(it->first);
    }
    if (keys.size() == 1) return found;
    if (keys.empty() && with_suffix != items_.end()) return with_suffix;
    if (keys.empty()) return UnknownName("tensor", target, known);
    return absl::InvalidArgumentError(
        absl::StrCat("several tensors are called ", Quoted(target),
                     "; give one of the keys ", absl::StrJoin(keys, ", ")));
  }

  static absl::StatusOr<TensorSpec> SpecOf(const Item& item,
                                           const std::string& target) {
    if (item.value.has_value()) return item.value->spec();
    const BundleEntry& entry = item.entry->entry;
    const auto dtype = DTypeFromName(entry.dtype_name);
    if (dtype.has_value()) return TensorSpec{*dtype, entry.shape};
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(target), " is ", entry.dtype_name, ", not numbers"));
  }

  absl::Status Set(const std::string& target, const Tensor& given) {
    CAIRN_ASSIGN_OR_RETURN(const auto item, Find(target));
    CAIRN_ASSIGN_OR_RETURN(const TensorSpec spec, SpecOf(item->second, target));
    const auto misfit = [&](absl::string_view remedy) {
      return absl::InvalidArgumentError(absl::StrCat(
          Quoted(target), " is ", SpecToString(spec), ", and the value given ",
          SpecToString(given.spec()), remedy));
    };
    Tensor value = given;
    if (value.shape() != spec.shape) {
      if (value.size() != ElementCount(spec.shape)) return misfit("");
      if (!options_.reshape)
        return misfit("; allow it to be reshaped (--reshape)");
      value = value.Reshaped(spec.shape);
    }
    if (value.dtype() != spec.dtype) {
      if (!options_.cast) return misfit("; allow it to be cast (--cast)");
      auto cast = CastTensor(value, spec.dtype);
      if (!cast.ok()) return Annotate(cast.status(), Quoted(target));
      value = *std::move(cast);
    }
    item->second.value = std::move(value);
    return absl::OkStatus();
  }

  // Where a new tensor goes.
  struct Place {
    std::string key;
    std::optional<ObjectPath> path;  // Of the variable; none: it is of none.
  };

  absl::Status Add(const std::string& target, const Tensor& value) {
    const auto taken = absl::AlreadyExistsError(
        absl::StrCat("there is a tensor ", Quoted(target), " already"));
    if (!absl::IsNotFound(Find(target).status())) return taken;
    CAIRN_ASSIGN_OR_RETURN(const Place place, FindPlace(target));
    if (items_.count(place.key) > 0) return taken;
    const std::string last =
        SplitObjectPath(absl::StripSuffix(target, trackable::kValueSuffix))
            .last;
    if (last.empty() || EscapeLocalName(UnescapeLocalName(last)) != last) {
      return absl::InvalidArgumentError(absl::StrCat(
          Quoted(target),
          " is not how a key is spelled: its last name is not empty, a dot "
          "of it is written as two, and a slash as .S"));
    }
    Item item{.name = place.key, .part = "other", .value = value};
    if (place.path.has_value()) {
      CAIRN_RETURN_IF_ERROR(AddVariable(place, item));
    }
    items_[place.key] = std::move(item);
    return absl::OkStatus();
  }

  absl::StatusOr<Place> FindPlace(const std::string& target) const {
    ObjectPath path =
        SplitObjectPath(absl::StripSuffix(target, trackable::kValueSuffix));
    const std::string parent = absl::StrJoin(path.parents, "/");
    if (absl::StartsWith(target, kCairnKeys)) {
      if (absl::StartsWith(parent, kStateKeys) && items_.count(parent) > 0) {
        return Place{.key = target};
      }
      return absl::NotFoundError(absl::StrCat("there is no state ",
                                              Quoted(parent), " to add ",
                                              Quoted(target), " to"));
    }
    if (objects_.nodes().empty()) return Place{.key = target};
    if (objects_.Follow(path.parents) < 0) {
      CAIRN_ASSIGN_OR_RETURN(path.parents, FindObjectByName(parent, target));
    }
    std::vector<std::string> edges = path.parents;
    edges.push_back(path.last);
    return Place{
        .key = absl::StrCat(absl::StrJoin(edges, "/"), trackable::kValueSuffix),
        .path = std::move(path)};
  }

  // The path of the object whose variables have readable names that are `stem`
  // and a word: of "dense" that of the layer with "dense/kernel".
  absl::StatusOr<std::vector<std::string>> FindObjectByName(
      const std::string& stem, const std::string& target) const {
    std::set<std::vector<std::string>> found;
    for (const auto& [key, item] : items_) {
      absl::string_view word = item.name, path = key;
      if (!absl::ConsumePrefix(&word, absl::StrCat(stem, "/")) ||
          absl::StrContains(word, '/') ||
          !absl::ConsumeSuffix(&path, trackable::kValueSuffix)) {
        continue;
      }
      const ObjectPath variable = SplitObjectPath(path);
      if (objects_.Follow(variable.parents) < 0) continue;
      found.insert(variable.parents);
    }
    if (found.size() == 1) return *found.begin();
    if (found.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no object ",
                                              Quoted(stem), " to add ",
                                              Quoted(target), " to"));
    }
    std::vector<std::string> paths;
    for (const auto& edges : found) paths.push_back(absl::StrJoin(edges, "/"));
    return absl::InvalidArgumentError(absl::StrCat(
        "several objects have variables below the name ", Quoted(stem),
        "; give the path of one of ", absl::StrJoin(paths, ", ")));
  }

  // Its names are like those of the object's other variables.
  absl::Status AddVariable(const Place& place, Item& item) {
    std::string full_name(
        absl::StripSuffix(place.key, trackable::kValueSuffix));
    item.name = full_name;
    item.part = std::string(PartName(Part::kWeights));
    const std::string new_edge = UnescapeLocalName(place.path->last);
    const std::vector<TrackableNode>& nodes = objects_.nodes();
    const TrackableNode& parent = nodes[objects_.Follow(place.path->parents)];
    for (const auto& [edge, child] : parent.children) {
      const auto other = items_.find(nodes[child].checkpoint_key);
      absl::string_view stem = nodes[child].full_name;
      if (other == items_.end() || !absl::ConsumeSuffix(&stem, WordOf(edge))) {
        continue;
      }
      absl::string_view name_stem = other->second.name;
      if (!absl::ConsumeSuffix(&name_stem, WordOf(edge))) continue;
      full_name = absl::StrCat(stem, WordOf(new_edge));
      item.name = absl::StrCat(name_stem, WordOf(new_edge));
      item.part = other->second.part;
    }
    return objects_.AddVariable(*place.path, place.key, full_name);
  }

  absl::Status SetConfig(const std::string& target, const Config& value) {
    auto found = items_.end();
    std::vector<absl::string_view> known;
    for (auto it = items_.begin(); it != items_.end(); ++it) {
      absl::string_view name = it->first;
      if (!absl::ConsumePrefix(&name, kCairnKeys) || !HoldsText(it->second)) {
        continue;
      }
      known.push_back(name);
      // The longest, which comes last, as a state's name may have dots.
      if (absl::StartsWith(target, absl::StrCat(name, "."))) found = it;
    }
    if (found == items_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(target), " is no value of a config; there are ",
                       known.empty() ? "none" : absl::StrJoin(known, ", "),
                       ", to be followed by a dot and a path"));
    }
    const std::string name = found->first.substr(kCairnKeys.size());
    Item& item = found->second;
    if (!item.config.has_value()) {
      CAIRN_ASSIGN_OR_RETURN(
          item.config, ReadConfig(checkpoint_.bundle(), item.entry->entry));
    }
    auto replaced =
        ReplaceAt(*item.config, target.substr(name.size() + 1), value);
    if (!replaced.ok()) return Annotate(replaced.status(), name);
    item.config = *std::move(replaced);
    return absl::OkStatus();
  }

  static bool HoldsText(const Item& item) {
    return item.entry != nullptr && item.entry->entry.is_string();
  }

  absl::Status Delete(const std::string& target) {
    CAIRN_ASSIGN_OR_RETURN(const auto item, Find(target));
    objects_.RemoveValue(item->first);
    items_.erase(item);
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& target, const std::string& new_name) {
    if (new_name.empty() || new_name == target) {
      return absl::InvalidArgumentError(
          absl::StrCat("renaming ", Quoted(target), " to ", Quoted(new_name)));
    }
    const bool is_key = items_.count(target) > 0;
    const auto named = Find(target);
    const bool is_name =
        !is_key && named.ok() && (*named)->second.name == target;
    if (!is_key && absl::IsInvalidArgument(named.status())) {
      return named.status();
    }
    if (is_name) return RenameVariable(*named, new_name);
    const absl::string_view path =
        absl::StripSuffix(target, trackable::kValueSuffix);
    if (objects_.Find(path) >= 0) {
      return MoveObject(
          std::string(path),
          std::string(absl::StripSuffix(new_name, trackable::kValueSuffix)));
    }
    if (!is_key) return named.status();
    return RenameKeys({{target, new_name}});
  }

  // The variable's own name, by which Cairn calls it.
  absl::Status RenameVariable(Items::iterator item,
                              const std::string& new_name) {
    const std::string& key = item->first;
    const std::string& old_name = item->second.name;
    for (const auto& [other_key, other] : items_) {
      if (other.name == new_name && other.part == item->second.part) {
        return absl::AlreadyExistsError(absl::StrCat(
            "a tensor is called ", Quoted(new_name), " already: ", other_key));
      }
    }
    if (!objects_.RenameVariable(key, old_name, new_name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(old_name),
                       " is not the name of a variable; give "
                       "its key, ",
                       key));
    }
    item->second.name = new_name;
    return absl::OkStatus();
  }

  absl::Status MoveObject(const std::string& from, const std::string& to) {
    CAIRN_RETURN_IF_ERROR(objects_.Move(from, to));
    std::map<std::string, std::string> new_keys;
    for (const auto& [key, item] : items_) {
      absl::string_view rest = key;
      if (absl::ConsumePrefix(&rest, absl::StrCat(from, "/"))) {
        new_keys[key] = absl::StrCat(to, "/", rest);
      }
    }
    return RenameKeys(new_keys);
  }

  // Keys in the bundle, and where the graph says them.
  absl::Status RenameKeys(const std::map<std::string, std::string>& new_keys) {
    for (const auto& [key, new_key] : new_keys) {
      if (items_.count(new_key) > 0 && new_keys.count(new_key) == 0) {
        return absl::AlreadyExistsError(
            absl::StrCat("there is a tensor ", Quoted(new_key), " already"));
      }
    }
    Items renamed;
    for (auto& [key, item] : items_) {
      const auto found = new_keys.find(key);
      const bool is_called_by_key = item.name == key;
      const std::string& new_key =
          found == new_keys.end() ? key : found->second;
      if (is_called_by_key) item.name = new_key;
      renamed[new_key] = std::move(item);
    }
    items_ = std::move(renamed);
    objects_.RenameKeys(new_keys);
    return absl::OkStatus();
  }

  const NamedCheckpoint& checkpoint_;
  const EditOptions& options_;
  Items items_;  // By key, without the object graph.
  EditedObjects objects_;
};

}  // namespace

absl::Status EditCheckpoint(const std::string& path, const std::string& out,
                            const std::vector<CheckpointChange>& changes,
                            const EditOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<NamedCheckpoint> checkpoint,
                         NamedCheckpoint::Open(path, *options.save.files));
  Editor editor(*checkpoint, options);
  CAIRN_RETURN_IF_ERROR(editor.ReadObjects());
  for (const CheckpointChange& change : changes) {
    CAIRN_RETURN_IF_ERROR(Annotate(editor.Make(change), checkpoint->prefix()));
  }
  return WriteBundle(
      out, options.save, editor.CountBytes(),
      [&](BundleWriter& writer) { return editor.AddAll(writer); });
}

}  // namespace cairn
