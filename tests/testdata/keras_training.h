#ifndef CAIRN_TESTS_TESTDATA_KERAS_TRAINING_H_
#define CAIRN_TESTS_TESTDATA_KERAS_TRAINING_H_

// Written by make_keras_values.py: what real Keras computes.

#include <vector>

namespace cairn {

// An MLP 4 - 8 relu - 3 softmax on 23 samples, batches of 8, 3 epochs.
struct KerasHistory {
  std::vector<double> loss, accuracy, val_loss, val_accuracy;
  std::vector<float> weights;
};

inline const KerasHistory kMlpAdam = {
    {1.1355431079864502, 1.015053629875183, 0.9700217843055725},
    {0.260869562625885, 0.47826087474823, 0.6086956262588501},
    {},
    {},
    {-0.24994597f,  0.45689842f,   0.120702505f,   -0.6775863f,   0.65807617f,
     0.073985346f,  -0.5520157f,   -0.02454856f,   -0.60635525f,  0.22307596f,
     -0.38550135f,  -0.17997803f,  0.6345816f,     -0.049213648f, 0.6007657f,
     -0.27506226f,  -0.29834378f,  0.51439977f,    -0.07141318f,  -0.30415162f,
     0.10338125f,   -0.38974255f,  0.7124803f,     0.07583678f,   -0.31356648f,
     0.049695242f,  -0.16236351f,  0.7889644f,     0.39292917f,   -0.0938088f,
     0.106889516f,  -0.124781325f, -0.25025424f,   -0.16302784f,  0.029299837f,
     -0.25417274f,  0.19931556f,   -0.030946974f,  -0.0724448f,   -0.030438643f,
     -0.45192114f,  0.72379357f,   -0.0032045506f, -0.4250715f,   0.19669564f,
     -0.033139482f, -0.7789479f,   0.12624489f,    -0.21248177f,  0.6607148f,
     0.030972373f,  -0.75880224f,  0.36829153f,    -0.49619913f,  0.78999037f,
     -0.08405366f,  -0.27965218f,  0.4234441f,     0.22971645f,   -0.7219021f,
     -0.09079397f,  -0.13887784f,  0.46712223f,    0.09785176f,   0.12538914f,
     0.048013933f,  0.039844308f}};

// With validation_split 0.3.
inline const KerasHistory kMlpSplit = {
    {1.0920768976211548, 1.0660455226898193, 1.0287864208221436},
    {0.375, 0.375, 0.5625},
    {1.115883708000183, 1.1310231685638428, 1.1553629636764526},
    {0.2857142984867096, 0.1428571492433548, 0.1428571492433548},
    {-0.24612509f,  0.54522455f,   0.030413246f,  -0.57932544f,  0.43976036f,
     -0.08110466f,  -0.54656553f,  0.1364373f,    -0.34798145f,  0.3511093f,
     -0.11487509f,  -0.42200142f,  0.26762912f,   -0.12931472f,  0.5418429f,
     0.08593293f,   -0.35191762f,  0.43330014f,   -0.011628386f, -0.4408017f,
     0.05326129f,   -0.33302793f,  0.5032273f,    0.049942076f,  -0.44987825f,
     0.26740026f,   -0.18297994f,  0.61454016f,   0.23679411f,   -0.27551627f,
     0.38791522f,   -0.047910932f, -0.061839882f, 0.05918832f,   0.07715694f,
     -0.19728811f,  0.16115798f,   -0.06180261f,  -0.22889589f,  0.0016369382f,
     -0.29417855f,  0.62794286f,   0.06397835f,   -0.43585494f,  0.3505071f,
     -0.12968121f,  -0.68379366f,  0.19489865f,   -0.33890572f,  0.5438768f,
     -0.031195762f, -0.56972945f,  0.3292277f,    -0.25492823f,  0.67235637f,
     0.09259951f,   -0.4065514f,   0.44783592f,   -0.012664247f, -0.62549967f,
     0.15927614f,   -0.2952529f,   0.55668813f,   0.046905234f,  -0.013682915f,
     0.11272235f,   -0.02143263f}};

// With the first 5 samples as validation_data, from logits.
inline const KerasHistory kMlpValidation = {
    {1.117100715637207, 1.0633552074432373, 1.0397017002105713},
    {0.30434781312942505, 0.43478259444236755, 0.47826087474823},
    {1.1825956106185913, 1.168665885925293, 1.1634929180145264},
    {0.20000000298023224, 0.20000000298023224, 0.20000000298023224},
    {-0.26063296f, 0.5377971f,   0.08470918f,   -0.48880705f, 0.44874066f,
     -0.08264386f, -0.5884678f,  0.11053452f,   -0.4143902f,  0.36196774f,
     -0.17593795f, -0.39635408f, 0.3245519f,    -0.13994111f, 0.5516396f,
     -0.04514104f, -0.30570394f, 0.39473507f,   -0.07359551f, -0.47533396f,
     0.19026178f,  -0.27856624f, 0.5361184f,    0.046750717f, -0.39928415f,
     0.24352579f,  -0.15856525f, 0.6572463f,    0.20898435f,  -0.24238326f,
     0.28147742f,  -0.07194755f, -0.115869716f, 0.04605187f,  0.0125458175f,
     -0.17883481f, 0.16999221f,  -0.08936234f,  -0.15725572f, 0.017092783f,
     -0.29337415f, 0.6180812f,   0.027091855f,  -0.476452f,   0.32054764f,
     -0.08737423f, -0.72085637f, 0.19924867f,   -0.34776005f, 0.5687065f,
     -0.00609652f, -0.61991554f, 0.32096675f,   -0.30701894f, 0.70318043f,
     0.052625574f, -0.38527188f, 0.42347646f,   0.012061648f, -0.6666385f,
     0.13462238f,  -0.2743902f,  0.51075286f,   0.08009619f,  0.026547628f,
     0.08304826f,  0.04107377f}};

// Keras's hooks in a fit of 2 epochs with validation_data, an evaluation and a
// prediction, of 3 batches, the validation of 1.
inline const std::vector<const char*> kFitHooks = {
    "on_train_begin",       "on_epoch_begin",       "on_train_batch_begin",
    "on_train_batch_end",   "on_train_batch_begin", "on_train_batch_end",
    "on_train_batch_begin", "on_train_batch_end",   "on_test_begin",
    "on_test_batch_begin",  "on_test_batch_end",    "on_test_end",
    "on_epoch_end",         "on_epoch_begin",       "on_train_batch_begin",
    "on_train_batch_end",   "on_train_batch_begin", "on_train_batch_end",
    "on_train_batch_begin", "on_train_batch_end",   "on_test_begin",
    "on_test_batch_begin",  "on_test_batch_end",    "on_test_end",
    "on_epoch_end",         "on_train_end"};

inline const std::vector<const char*> kEvaluateHooks = {
    "on_test_begin",       "on_test_batch_begin", "on_test_batch_end",
    "on_test_batch_begin", "on_test_batch_end",   "on_test_batch_begin",
    "on_test_batch_end",   "on_test_end"};

inline const std::vector<const char*> kPredictHooks = {
    "on_predict_begin",     "on_predict_batch_begin",
    "on_predict_batch_end", "on_predict_batch_begin",
    "on_predict_batch_end", "on_predict_batch_begin",
    "on_predict_batch_end", "on_predict_end"};

}  // namespace cairn

#endif  // CAIRN_TESTS_TESTDATA_KERAS_TRAINING_H_
