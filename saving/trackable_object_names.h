#ifndef CAIRN_SAVING_TRACKABLE_OBJECT_NAMES_H_
#define CAIRN_SAVING_TRACKABLE_OBJECT_NAMES_H_

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

// What TensorFlow and Keras call edges, for both directions of
// trackable_objects.h.
namespace cairn::trackable {

inline constexpr absl::string_view kValueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";
inline constexpr absl::string_view kLayer = "layer-";
inline constexpr absl::string_view kWeightedLayer = "layer_with_weights-";
inline constexpr absl::string_view kFunctional = "_functional";
inline constexpr absl::string_view kOperations = "_operations";
// What a SavedModel says of a layer to Keras: the layer's own variables again,
// and the totals of metrics.
inline constexpr absl::string_view kKerasApi = "keras_api";
inline constexpr absl::string_view kOptimizer = "optimizer";
inline constexpr absl::string_view kSaveCounter = "save_counter";

// Whether a name is a place in a list.
inline bool IsPlace(absl::string_view name, int& place) {
  return absl::SimpleAtoi(name, &place) && place >= 0 &&
         absl::StrCat(place) == name;
}

// Whether an edge leads from a Keras object to a part of it that is reached by
// a name of its own too, or from a list of a model's layers.
inline bool IsStructure(absl::string_view edge) {
  int place = 0;
  absl::string_view name = edge;
  return ((absl::ConsumePrefix(&name, kLayer) ||
           absl::ConsumePrefix(&name, kWeightedLayer)) &&
          IsPlace(name, place)) ||
         edge == kFunctional || edge == kOperations || edge == kKerasApi ||
         edge == "root";
}

}  // namespace cairn::trackable

#endif  // CAIRN_SAVING_TRACKABLE_OBJECT_NAMES_H_
