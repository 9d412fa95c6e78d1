#include "saving/codec/trackable_object_graph.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// A root with a variable, an optimizer with a slot for it, an empty list, and
// an edge back to the root.
std::vector<TrackableNode> Nodes() {
  return {
      {.children = {{"v", 1}, {"optimizer", 2}, {"list", 3}, {"root", 0}}},
      {.full_name = "dense/v",
       .checkpoint_key = "v/.ATTRIBUTES/VARIABLE_VALUE"},
      {.slot_variables = {{1, "m", 4}}},
      {},
      {.checkpoint_key = "m", .other_attributes = {{"py_state", "", "p"}}},
  };
}

TEST(TrackableObjectGraphTest, NodesComeBack) {
  const auto nodes =
      DecodeTrackableObjectGraph(EncodeTrackableObjectGraph(Nodes()));
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  EXPECT_EQ(*nodes, Nodes());
}

// What tf.train.Checkpoint(step=..., weights=[...]) wrote.
TEST(TrackableObjectGraphTest, BytesAreTensorFlows) {
  const std::vector<TrackableNode> nodes = {
      {.children = {{"step", 1}, {"weights", 2}, {"save_counter", 3}}},
      {.full_name = "Variable",
       .checkpoint_key = "step/.ATTRIBUTES/VARIABLE_VALUE"},
      {.children = {{"0", 4}}},
      {.full_name = "save_counter",
       .checkpoint_key = "save_counter/.ATTRIBUTES/VARIABLE_VALUE"},
      {.full_name = "w",
       .checkpoint_key = "weights/0/.ATTRIBUTES/VARIABLE_VALUE"},
  };
  EXPECT_EQ(
      absl::BytesToHexString(EncodeTrackableObjectGraph(nodes)),
      "0a2d0a0808011204737465700a0b08021207776569676874730a100803120c73617665"
      "5f636f756e7465722a0208010a41123b0a0e5641524941424c455f56414c5545120856"
      "61726961626c651a1f737465702f2e415454524942555445532f5641524941424c455f"
      "56414c55452a0208010a0b0a0508041201302a0208010a4d12470a0e5641524941424c"
      "455f56414c5545120c736176655f636f756e7465721a27736176655f636f756e746572"
      "2f2e415454524942555445532f5641524941424c455f56414c55452a0208010a3f1239"
      "0a0e5641524941424c455f56414c55451201771a24776569676874732f302f2e415454"
      "524942555445532f5641524941424c455f56414c55452a020801");
}

TEST(TrackableObjectGraphTest, NodesWithoutValuesAreMarked) {
  // A node without fields but the mark: "no values" is an empty message.
  EXPECT_EQ(absl::BytesToHexString(EncodeTrackableObjectGraph({{}})),
            "0a022a00");
  // The list of the nodes is without values, all others have some.
  const std::string bytes =
      absl::BytesToHexString(EncodeTrackableObjectGraph(Nodes()));
  size_t without = 0;
  for (size_t at = 0; (at = bytes.find("0a022a00", at)) != std::string::npos;
       ++at) {
    ++without;
  }
  EXPECT_EQ(without, 1u);
}

TEST(TrackableObjectGraphTest, IdsOutOfRangeAreRefused) {
  for (const char* hex : {
           "0a040a020801",                    // A child 1 of one node.
           "0a0d0a0b08ffffffffffffffffff01",  // Child -1.
           "0a041a020801",                    // A slot of variable 1.
           "0a041a021801",                    // A slot variable 1.
       }) {
    const auto nodes = DecodeTrackableObjectGraph(absl::HexStringToBytes(hex));
    EXPECT_EQ(nodes.status().code(), absl::StatusCode::kDataLoss) << hex;
    EXPECT_NE(nodes.status().message().find("of 1"), absl::string_view::npos)
        << nodes.status();
  }
}

TEST(TrackableObjectGraphTest, TruncatedBytesAreRefused) {
  const std::string bytes = EncodeTrackableObjectGraph(Nodes());
  for (size_t size = 0; size < bytes.size(); ++size) {
    // Between two nodes the rest is a graph too, whose children are missing.
    EXPECT_EQ(DecodeTrackableObjectGraph(bytes.substr(0, size)).status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
}

TEST(TrackableObjectGraphTest, NamesAreEscapedForKeys) {
  EXPECT_EQ(EscapeLocalName("kernel"), "kernel");
  EXPECT_EQ(EscapeLocalName("a/b"), "a.Sb");
  EXPECT_EQ(EscapeLocalName("a.b/.S"), "a..b.S..S");
}

TEST(TrackableObjectGraphTest, EscapedNamesComeBack) {
  for (const char* name :
       {"", "kernel", "a/b", "a.b/.S", "...", "//", "S", "/S", ".S/.S/"}) {
    EXPECT_EQ(UnescapeLocalName(EscapeLocalName(name)), name);
  }
  // No name is escaped like this.
  for (const char* text : {".", "a.b", "/", ".s"}) {
    EXPECT_NE(EscapeLocalName(UnescapeLocalName(text)), text);
  }
}

}  // namespace
}  // namespace cairn
