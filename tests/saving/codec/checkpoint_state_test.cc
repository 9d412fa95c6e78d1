#include "saving/codec/checkpoint_state.h"

#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr char kText[] =
    R"(model_checkpoint_path: "ckpt-6"
all_model_checkpoint_paths: "ckpt-5"
all_model_checkpoint_paths: "ckpt-6"
all_model_checkpoint_timestamps: 1610001489.3050854
all_model_checkpoint_timestamps: 1610001531.2664149
last_preserved_timestamp: 1609999697.1211636
)";

CheckpointState State() {
  return {.newest = "ckpt-6",
          .all = {"ckpt-5", "ckpt-6"},
          .timestamps = {1610001489.3050854, 1610001531.2664149},
          .last_preserved = 1609999697.1211636};
}

TEST(CheckpointStateTest, TextIsPythonsLineForLine) {
  EXPECT_EQ(EncodeCheckpointState(State()), kText);
  EXPECT_EQ(EncodeCheckpointState({.newest = "w", .all = {"w"}}),
            "model_checkpoint_path: \"w\"\n"
            "all_model_checkpoint_paths: \"w\"\n");
}

// What Python's text_format printed for these.
TEST(CheckpointStateTest, NumbersAndNamesArePrintedAsPythonDoes) {
  EXPECT_EQ(EncodeCheckpointState(
                {.newest = "a'b\"\\ gr\u00fcn\n\t\x01\x7f\r?",
                 .timestamps = {1, 0, 1e16, 1.5e-5, 123456789012345680.0, 0.1,
                                9999999999999998.0, 1e-4}}),
            R"(model_checkpoint_path: "a\'b\"\\ grün\n\t\001\177\r?"
all_model_checkpoint_timestamps: 1.0
all_model_checkpoint_timestamps: 0.0
all_model_checkpoint_timestamps: 1e+16
all_model_checkpoint_timestamps: 1.5e-05
all_model_checkpoint_timestamps: 1.2345678901234568e+17
all_model_checkpoint_timestamps: 0.1
all_model_checkpoint_timestamps: 9999999999999998.0
all_model_checkpoint_timestamps: 0.0001
)");
}

TEST(CheckpointStateTest, TextComesBack) {
  CheckpointState wanted = State();
  wanted.newest = "a'b\"\\ gr\u00fcn\n";
  const auto state = DecodeCheckpointState(EncodeCheckpointState(wanted));
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->newest, wanted.newest);
  EXPECT_EQ(state->all, wanted.all);
  EXPECT_EQ(state->timestamps, wanted.timestamps);
  EXPECT_EQ(state->last_preserved, wanted.last_preserved);
}

TEST(CheckpointStateTest, OrderAndSpacesDoNotMatter) {
  const auto state = DecodeCheckpointState(
      "# made by hand\nlast_preserved_timestamp: 2\n\n"
      "model_checkpoint_path   : 'x'");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->newest, "x");
  EXPECT_EQ(state->last_preserved, 2);
}

TEST(CheckpointStateTest, OtherTextIsRefusedWithThePlace) {
  testing::internal::CaptureStderr();
  for (const char* text :
       {"", "model_checkpoint_path: \"\"", "model_checkpoint_path: \"x",
        "model_checkpoint_path: \"x\"\nfurther: 1",
        "\x7f"
        "ELF",
        "model_checkpoint_path: \"x\" all_model_checkpoint_timestamps: 1"}) {
    EXPECT_EQ(DecodeCheckpointState(text).status().code(),
              absl::StatusCode::kDataLoss)
        << text;
  }
  EXPECT_NE(DecodeCheckpointState("model_checkpoint_path: \"x\"\nfurther: 1")
                .status()
                .message()
                .find("line 2"),
            absl::string_view::npos);
  // The parser prints nothing on its own account.
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace cairn
