#include "saving/checkpoint_edit.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "core/base/annotate.h"
#include "core/base/custom_objects.h"
#include "core/base/status_macros.h"
#include "core/tensor/cast.h"
#include "saving/codec/packed_text.h"
#include "saving/config_path.h"
#include "saving/copy_entry.h"
#include "saving/named_checkpoint.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

constexpr absl::string_view kValueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";
constexpr absl::string_view kOurs = "_CAIRN/";
constexpr absl::string_view kStates = "_CAIRN/state/";
constexpr absl::string_view kArchitecture = "_CAIRN/architecture";

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

// Undoes EscapeLocalName().
std::string UnescapeLocalName(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"..", "."}, {".S", "/"}});
}

// What a variable is called by the edge that leads to it: Keras has "_kernel"
// for "kernel".
absl::string_view WordOf(absl::string_view edge) {
  return absl::StripPrefix(edge, "_");
}

// The edges of an object path and the last one apart.
struct ObjectPath {
  std::vector<std::string> parents;
  std::string last;
};

ObjectPath SplitPath(absl::string_view path) {
  ObjectPath result{.parents = absl::StrSplit(path, '/')};
  result.last = result.parents.back();
  result.parents.pop_back();
  return result;
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
    CAIRN_ASSIGN_OR_RETURN(nodes_, checkpoint_.ReadObjects());
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
    if (!graph_changed_) return CopyEntry(bundle, *graph, graph_key, writer);
    return writer.AddString(graph_key, EncodeTrackableObjectGraph(nodes_));
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
      const std::string json = item.config->ToJson();
      return writer.AddString(key,
                              key == kArchitecture ? PackText(json) : json);
    }
    return CopyEntry(checkpoint_.bundle(), item.entry->entry, key, writer);
  }

  // By key or readable name, as the changes so far have left them.
  absl::StatusOr<Items::iterator> Find(const std::string& target) {
    const auto exact = items_.find(target);
    if (exact != items_.end()) return exact;
    const auto with_suffix = items_.find(absl::StrCat(target, kValueSuffix));
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
    int parent = -1;   // The object that gets it; -1: none does.
    std::string edge;  // By which the object leads to it.
  };

  absl::Status Add(const std::string& target, const Tensor& value) {
    if (!absl::IsNotFound(Find(target).status())) {
      return absl::AlreadyExistsError(
          absl::StrCat("there is a tensor ", Quoted(target), " already"));
    }
    CAIRN_ASSIGN_OR_RETURN(const Place place, FindPlace(target));
    const ObjectPath path = SplitPath(absl::StripSuffix(target, kValueSuffix));
    if (path.last.empty() ||
        EscapeLocalName(UnescapeLocalName(path.last)) != path.last) {
      return absl::InvalidArgumentError(absl::StrCat(
          Quoted(target),
          " is not how a key is spelled: its last name is not empty, a dot "
          "of it is written as two, and a slash as .S"));
    }
    Item item{.name = place.key, .part = "other", .value = value};
    if (place.parent >= 0) {
      CAIRN_RETURN_IF_ERROR(AddVariable(place, item));
      graph_changed_ = true;
    }
    items_[place.key] = std::move(item);
    return absl::OkStatus();
  }

  absl::StatusOr<Place> FindPlace(const std::string& target) const {
    const ObjectPath path = SplitPath(absl::StripSuffix(target, kValueSuffix));
    const std::string parent = absl::StrJoin(path.parents, "/");
    if (absl::StartsWith(target, kOurs)) {
      if (absl::StartsWith(parent, kStates) && items_.count(parent) > 0) {
        return Place{.key = target};
      }
      return absl::NotFoundError(absl::StrCat("there is no state ",
                                              Quoted(parent), " to add ",
                                              Quoted(target), " to"));
    }
    if (nodes_.empty()) return Place{.key = target};
    std::string object = parent;
    if (Follow(path.parents) < 0) {
      CAIRN_ASSIGN_OR_RETURN(object, FindObjectByName(parent, target));
    }
    const std::string whole =
        object.empty() ? path.last : absl::StrCat(object, "/", path.last);
    const ObjectPath place = SplitPath(whole);
    return Place{.key = absl::StrCat(whole, kValueSuffix),
                 .parent = Follow(place.parents),
                 .edge = UnescapeLocalName(path.last)};
  }

  // The path of the object whose variables have readable names that are `stem`
  // and a word: of "dense" that of the layer with "dense/kernel".
  absl::StatusOr<std::string> FindObjectByName(
      const std::string& stem, const std::string& target) const {
    std::set<std::string> objects;
    for (const auto& [key, item] : items_) {
      absl::string_view word = item.name, path = key;
      if (!absl::ConsumePrefix(&word, absl::StrCat(stem, "/")) ||
          absl::StrContains(word, '/') ||
          !absl::ConsumeSuffix(&path, kValueSuffix)) {
        continue;
      }
      const ObjectPath variable = SplitPath(path);
      if (Follow(variable.parents) < 0) continue;
      objects.insert(absl::StrJoin(variable.parents, "/"));
    }
    if (objects.size() == 1) return *objects.begin();
    if (objects.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no object ",
                                              Quoted(stem), " to add ",
                                              Quoted(target), " to"));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "several objects have variables below the name ", Quoted(stem),
        "; give the path of one of ", absl::StrJoin(objects, ", ")));
  }

  // Its names are like those of the object's other variables.
  absl::Status AddVariable(const Place& place, Item& item) {
    std::string full_name(absl::StripSuffix(place.key, kValueSuffix));
    item.name = full_name;
    item.part = std::string(PartName(Part::kWeights));
    int variable = -1;
    for (const auto& [edge, child] : nodes_[place.parent].children) {
      const TrackableNode& node = nodes_[child];
      if (edge == place.edge) variable = child;
      const auto other = items_.find(node.checkpoint_key);
      absl::string_view stem = node.full_name;
      if (other == items_.end() || !absl::ConsumeSuffix(&stem, WordOf(edge))) {
        continue;
      }
      absl::string_view name_stem = other->second.name;
      if (!absl::ConsumeSuffix(&name_stem, WordOf(edge))) continue;
      full_name = absl::StrCat(stem, WordOf(place.edge));
      item.name = absl::StrCat(name_stem, WordOf(place.edge));
      item.part = other->second.part;
    }
    if (variable < 0) {
      variable = static_cast<int>(nodes_.size());
      nodes_.emplace_back();
      nodes_[place.parent].children.emplace_back(place.edge, variable);
    } else if (emptied_.erase(variable) == 0) {
      return absl::AlreadyExistsError(absl::StrCat(
          "there is an object ",
          Quoted(absl::StripSuffix(place.key, kValueSuffix)), " already"));
    }
    nodes_[variable].checkpoint_key = place.key;
    nodes_[variable].full_name = full_name;
    return absl::OkStatus();
  }

  absl::Status SetConfig(const std::string& target, const Config& value) {
    auto found = items_.end();
    std::vector<absl::string_view> known;
    for (auto it = items_.begin(); it != items_.end(); ++it) {
      absl::string_view name = it->first;
      if (!absl::ConsumePrefix(&name, kOurs) || !HoldsText(it->second)) {
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
    const std::string name = found->first.substr(kOurs.size());
    Item& item = found->second;
    if (!item.config.has_value()) {
      auto read = ReadConfig(item.entry->entry);
      if (!read.ok()) return Annotate(read.status(), found->first);
      item.config = *std::move(read);
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

  absl::StatusOr<Config> ReadConfig(const BundleEntry& entry) const {
    CAIRN_ASSIGN_OR_RETURN(std::vector<std::string> texts,
                           checkpoint_.bundle().ReadStrings(entry));
    if (texts.size() != 1) return absl::DataLossError("not one text");
    if (entry.key == kArchitecture) {
      CAIRN_ASSIGN_OR_RETURN(texts[0], UnpackText(texts[0]));
    }
    auto config = Config::FromJson(texts[0]);
    if (config.ok()) return config;
    return absl::DataLossError(config.status().message());
  }

  absl::Status Delete(const std::string& target) {
    CAIRN_ASSIGN_OR_RETURN(const auto item, Find(target));
    const std::string key = item->first;
    // A slot without a value is none.
    for (TrackableNode& node : nodes_) {
      std::erase_if(node.slot_variables, [&](const SlotVariable& slot) {
        return nodes_[slot.slot_variable].checkpoint_key == key;
      });
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
      TrackableNode& node = nodes_[i];
      if (node.checkpoint_key == key) {
        node.checkpoint_key = node.full_name = "";
        emptied_.insert(static_cast<int>(i));
        graph_changed_ = true;
      }
      graph_changed_ |=
          std::erase_if(node.other_attributes, [&](const auto& attribute) {
            return attribute.checkpoint_key == key;
          }) > 0;
    }
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
    const absl::string_view path = absl::StripSuffix(target, kValueSuffix);
    if (FindNode(path) >= 0) {
      return MoveObject(std::string(path),
                        std::string(absl::StripSuffix(new_name, kValueSuffix)));
    }
    if (!is_key) return named.status();
    return RenameKeys({{target, new_name}});
  }

  // The variable's own name, by which Cairn calls it.
  absl::Status RenameVariable(Items::iterator item,
                              const std::string& new_name) {
    const std::string& key = item->first;
    const std::string old_name = item->second.name;
    for (const auto& [other_key, other] : items_) {
      if (other.name == new_name && other.part == item->second.part) {
        return absl::AlreadyExistsError(absl::StrCat(
            "a tensor is called ", Quoted(new_name), " already: ", other_key));
      }
    }
    bool renamed = false;
    for (TrackableNode& node : nodes_) {
      absl::string_view begin = node.full_name;
      if (node.checkpoint_key != key ||
          !absl::ConsumeSuffix(&begin, old_name)) {
        continue;
      }
      node.full_name = absl::StrCat(begin, new_name);
      renamed = true;
    }
    if (!renamed) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(old_name),
                       " is not the name of a variable; give "
                       "its key, ",
                       key));
    }
    graph_changed_ = true;
    item->second.name = new_name;
    return absl::OkStatus();
  }

  int FindChild(int node, absl::string_view component) const {
    for (const auto& [edge, child] : nodes_[node].children) {
      if (EscapeLocalName(edge) == component) return child;
    }
    return -1;
  }

  int Follow(const std::vector<std::string>& components) const {
    int node = nodes_.empty() ? -1 : 0;
    for (const std::string& component : components) {
      if (node >= 0) node = FindChild(node, component);
    }
    return node;
  }

  // The object at a path of edges from the root, or -1.
  int FindNode(absl::string_view path) const {
    return Follow(absl::StrSplit(path, '/'));
  }

  absl::Status MoveObject(const std::string& from, const std::string& to) {
    const ObjectPath old_path = SplitPath(from), new_path = SplitPath(to);
    const int node = FindNode(from);
    const int old_parent = Follow(old_path.parents);
    const int new_parent = Follow(new_path.parents);
    if (new_parent < 0) {
      return absl::NotFoundError(absl::StrCat(
          "there is no object \"", absl::StrJoin(new_path.parents, "/"),
          "\" to move \"", from, "\" to"));
    }
    if (new_path.last.empty() || FindChild(new_parent, new_path.last) >= 0) {
      return absl::AlreadyExistsError(
          absl::StrCat("there is an object ", Quoted(to), " already"));
    }
    const std::vector<TrackableNode> before = nodes_;
    auto& children = nodes_[old_parent].children;
    const auto edge =
        std::find_if(children.begin(), children.end(), [&](const auto& child) {
          return EscapeLocalName(child.first) == old_path.last;
        });
    const std::string new_edge = UnescapeLocalName(new_path.last);
    if (old_parent == new_parent) {
      edge->first = new_edge;
    } else {
      children.erase(edge);
      nodes_[new_parent].children.emplace_back(new_edge, node);
    }
    if (FindNode(to) != node) {
      nodes_ = before;
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", from, "\" cannot be moved below itself, to \"", to, "\""));
    }
    std::map<std::string, std::string> new_keys;
    for (const auto& [key, item] : items_) {
      absl::string_view rest = key;
      if (absl::ConsumePrefix(&rest, absl::StrCat(from, "/"))) {
        new_keys[key] = absl::StrCat(to, "/", rest);
      }
    }
    graph_changed_ = true;
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
    const auto rename = [&](std::string& key) {
      const auto found = new_keys.find(key);
      if (found == new_keys.end()) return;
      key = found->second;
      graph_changed_ = true;
    };
    for (TrackableNode& node : nodes_) {
      rename(node.checkpoint_key);
      for (TrackableAttribute& attribute : node.other_attributes) {
        rename(attribute.checkpoint_key);
      }
    }
    return absl::OkStatus();
  }

  const NamedCheckpoint& checkpoint_;
  const EditOptions& options_;
  Items items_;  // By key, without the object graph.
  std::vector<TrackableNode> nodes_;
  std::set<int> emptied_;  // The nodes of variables that were deleted.
  bool graph_changed_ = false;
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
