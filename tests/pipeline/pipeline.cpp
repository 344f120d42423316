// SPDX-License-Identifier: Apache-2.0
// Properties of the joint step: no leak of the future, every layer learns, independence of packing and
// threads.
#include "conformance/policy_under_test.hpp"
#include "pipeline/surrogate.hpp"

using namespace shop;
using coco::Samples;
using Backbone = coco::backbone::SASRec;
using Shop = coco::Pipeline<Backbone>;

namespace {

/// Everything that the prediction of target t depends on, as numbers.
std::vector<Id> inputs_of(const coco::HostBatch& b, Index t) {
    std::vector<Id> all;
    const auto history = [&](Id row) {
        const auto s =
            static_cast<std::size_t>(std::upper_bound(b.segments.at.begin(), b.segments.at.end(), row) -
                                     b.segments.at.begin()) -
            1;
        for (Id r = b.segments.at[s]; r <= row; ++r)
            for (const std::vector<Id>* v : {&b.item, &b.position, &b.row_key})
                all.push_back((*v)[static_cast<std::size_t>(r)]);
        all.push_back(-1);
    };
    history(b.target_row[static_cast<std::size_t>(t)]);
    const auto s = static_cast<std::size_t>(
                       std::upper_bound(b.targets_of.at.begin(), b.targets_of.at.end(), static_cast<Id>(t)) -
                       b.targets_of.at.begin()) -
                   1;
    const Id g = b.group_of_segment[s];
    if (g < 0) return all;
    const auto group = static_cast<std::size_t>(g);
    history(b.query_row[group]);
    all.push_back(b.group_key[group]);
    all.insert(all.end(), b.token.begin() + b.text_of.at[group], b.token.begin() + b.text_of.at[group + 1]);
    return all;
}

/// The same users; the items of `user` from index `from` on are replaced by others.
coco::data::Interactions otherwise(const coco::data::Interactions& train, Id user, Index from) {
    coco::data::Interactions changed;
    for (Id u = 0; u < train.users(); ++u) {
        std::vector<Id> all(train.of(u).begin(), train.of(u).end());
        for (std::size_t i = static_cast<std::size_t>(from); u == user && i < all.size(); ++i)
            all[i] = static_cast<Id>((all[i] + 7) % items);
        changed.add(all);
    }
    return changed;
}

/// Index of target t in the user's history: one past the row that predicts it.
Index place_of(const coco::HostBatch& b, const coco::data::Interactions& train, Index t) {
    const auto all = train.of(b.owner[static_cast<std::size_t>(t)]);
    const Id item = b.target_item[static_cast<std::size_t>(t)];
    return std::find(all.begin(), all.end(), item) - all.begin();
}

/// Number of targets whose prediction has inputs that change when the target and all later items are
/// replaced.
/// \param spoil  modifies a batch, to check that a planted leak is found
template <class Spoil>
int leaks(Samples samples, std::uint64_t epoch, const coco::text::History& text, const Spoil& spoil) {
    const auto train = people();
    coco::HostBatch b = joint(samples, &text, epoch, true, all_users(), train);
    spoil(b);
    int found = 0;
    for (Index t = 0; t < b.targets(); ++t) {
        const Id user = b.owner[static_cast<std::size_t>(t)];
        const auto other = otherwise(train, user, place_of(b, train, t));
        coco::HostBatch c = joint(samples, &text, epoch, true, all_users(), other);
        spoil(c);
        REQUIRE(c.targets() == b.targets());
        REQUIRE(c.target_item[static_cast<std::size_t>(t)] != b.target_item[static_cast<std::size_t>(t)]);
        found += inputs_of(b, t) != inputs_of(c, t);
    }
    return found;
}

/// Gradients of all parameter groups, and the step metrics.
template <class Model, class P>
Numbers outcome(Bench<Model, P>& bench, const coco::HostBatch& b) {
    bench.step(b);
    Numbers all = bench.metrics;
    for (const coco::ParameterGroup& g : bench.model.layout().groups())
        for (const double x : bench.gradient(bench.ref(g))) all.push_back(x);
    return all;
}

}  // namespace

TEST_CASE("the inputs of a prediction do not depend on its target", "[pipeline]") {
    const auto text = words(decoder());
    for (const Samples samples : {Samples::prefixes, Samples::positions})
        for (std::uint64_t epoch = 0; epoch < 6; ++epoch)
            CHECK(leaks(samples, epoch, text, [](coco::HostBatch&) {}) == 0);

    // Planted leaks are found: a query row past the cut, and text past the cut.
    int rows = 0, texts = 0;
    for (std::uint64_t epoch = 0; epoch < 6; ++epoch) {
        rows += leaks(Samples::prefixes, epoch, text, [](coco::HostBatch& b) {
            for (std::size_t s = 0; s < b.group_of_segment.size(); ++s)
                if (const Id g = b.group_of_segment[s]; g >= 0)
                    b.query_row[static_cast<std::size_t>(g)] =
                        b.target_row[static_cast<std::size_t>(b.targets_of.at[s + 1]) - 1];
        });
        texts += leaks(Samples::positions, epoch, text, [](coco::HostBatch& b) {
            for (std::size_t s = 0; s < b.group_of_segment.size(); ++s)
                if (const Id g = b.group_of_segment[s]; g >= 0)
                    b.token[static_cast<std::size_t>(b.text_of.at[static_cast<std::size_t>(g)])] =
                        b.target_item[static_cast<std::size_t>(b.targets_of.at[s])];
        });
    }
    CHECK(rows > 0);
    CHECK(texts > 0);
}

TEST_CASE("the aligned vector of a prediction does not depend on its target", "[pipeline]") {
    const auto train = people();
    Bench<Shop> bench(config<Shop>());
    bench.randomize(2);
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        const coco::HostBatch b = joint(samples, &bench.text, 1);
        const Surrogate<Shop> before(bench, b);
        for (Index t = 0; t < b.targets(); ++t) {
            const coco::HostBatch c =
                joint(samples, &bench.text, 1, true, all_users(),
                      otherwise(train, b.owner[static_cast<std::size_t>(t)], place_of(b, train, t)));
            const Surrogate<Shop> after(bench, c);
            CHECK(std::equal(before.a().begin() + t * width, before.a().begin() + (t + 1) * width,
                             after.a().begin() + t * width));
        }
    }
}

TEST_CASE("at initialisation a = h, and L_rec trains only behaviour and the aligner's output", "[pipeline]") {
    auto c = config<Shop>();
    c.loss.beta = c.loss.gamma = 0;
    Bench<Shop> bench(c);
    const coco::HostBatch b = joint(Samples::prefixes, &bench.text);
    const Surrogate<Shop> surrogate(bench, b);
    CHECK(surrogate.a() == surrogate.h());
    const coco::StepReport report = bench.step(b);
    CHECK(report.open_groups == report.groups);
    CHECK(report.idle_group < 0);
    CHECK(bench.metrics[coco::StepMetrics::agreed] == 0);
    CHECK(bench.metrics[coco::StepMetrics::with_knowledge] > 0);
    CHECK(bench.metrics[coco::StepMetrics::moved] == 0);
    for (const coco::Tensor& t : bench.model.layout().tensors()) {
        if (t.ref.block == coco::ParameterBlock::frozen) continue;
        INFO(t.name);
        const bool wakes = t.name.starts_with("sasrec.") || t.name == "item" ||
                           t.name == "aligner.output.weight" || t.name == "aligner.output.bias";
        CHECK((coco::conformance::length(bench.gradient(t.ref)) > 0) == wakes);
    }
    // The codes still get gradients from L_Q and L_ortho.
    Bench<Shop> penalised(config<Shop>());
    penalised.step(b);
    CHECK(coco::conformance::length(penalised.gradient(penalised.model.prompt().codes())) > 0);
    CHECK(coco::conformance::length(penalised.gradient(penalised.model.prompt().shared())) == 0);
}

TEST_CASE("after twenty steps every tensor gets a gradient from L_rec", "[pipeline]") {
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        Bench<Shop> bench(config<Shop>());
        coco::Gradients<Double> first(bench.on, bench.model.layout()), second(bench.on, bench.model.layout());
        for (std::uint32_t step = 1; step <= 20; ++step) {
            bench.step(joint(samples, &bench.text, step), coco::TrainingStage::joint, step);
            for (const coco::ParameterBlock block :
                 {coco::ParameterBlock::dense, coco::ParameterBlock::table}) {
                const coco::AdamWRange<Double> range{{.rate = 1e-2, .step = step},
                                                     bench.parameters.block(block).list(),
                                                     bench.gradients.block(block).list(),
                                                     first.block(block).list(),
                                                     second.block(block).list()};
                bench.on.adamw({&range, 1}, nullptr);
            }
        }
        auto c = config<Shop>();
        c.loss.alpha = c.loss.beta = c.loss.gamma = 0;
        Bench<Shop> rec(c);
        for (const coco::Tensor& t : rec.model.layout().tensors())
            if (t.ref.block != coco::ParameterBlock::frozen) rec.set(t.ref, bench.value(t.ref));
        rec.step(joint(samples, &rec.text, 21));
        CHECK(rec.metrics[coco::StepMetrics::moved] > 0);
        for (const coco::Tensor& t : rec.model.layout().tensors()) {
            if (t.ref.block == coco::ParameterBlock::frozen) continue;
            INFO(t.name);
            CHECK(coco::conformance::length(rec.gradient(t.ref)) > 0);
        }
    }
}

TEST_CASE("joint step: independent of the order of users and of the number of threads",
          "[pipeline][threads]") {
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        Bench<Shop> bench(config<Shop>());
        bench.randomize(3);
        const Numbers one = outcome(bench, joint(samples, &bench.text, 1, false));
        const Numbers other = outcome(bench, joint(samples, &bench.text, 1, false, {5, 3, 6, 0, 2, 4, 1}));
        CHECK(coco::conformance::distance(one, other) <= 1e-12 * (1 + coco::conformance::length(one)));
        Bench<Shop> threaded(config<Shop>(), 3);
        threaded.randomize(3);
        CHECK(outcome(threaded, joint(samples, &bench.text, 1, false)) == one);
    }
}

TEST_CASE("a group whose rows all agree is not propagated through the language model", "[pipeline]") {
    auto s = sampling(Samples::prefixes);
    s.joint_targets = 1;
    s.without_knowledge = 0;
    auto c = config<Shop>();
    Bench<Shop> bench(c);
    bench.randomize(2);
    coco::HostBatch b;
    coco::BatchBuilder(s, items).joint(b, people(), std::vector<Id>{3}, &bench.text, nullptr, 9, 1, 4);
    REQUIRE(b.targets() == 1);
    // Let the aligner's bias point in the direction of the target's vector.
    Numbers v = bench.value(bench.model.layout().tensor("item").ref);
    v.assign(v.begin() + b.target_item[0] * width, v.begin() + (b.target_item[0] + 1) * width);
    for (double& x : v) x *= 3;
    bench.set(bench.model.layout().tensor("aligner.output.bias").ref, v);
    const coco::StepReport report = bench.step(b);
    CHECK(bench.metrics[coco::StepMetrics::agreed] == 1);
    CHECK(report.groups == 1);
    CHECK(report.open_groups == 0);
    CHECK(report.idle_group == bench.model.layout().group_index("adapter"));
    CHECK(coco::conformance::length(bench.gradient(bench.ref(bench.model.layout().groups().back()))) == 0);
    CHECK(coco::conformance::length(bench.gradient(bench.model.prompt().shared())) > 0);
}

TEST_CASE("a batch without knowledge trains like SequentialRecommender", "[pipeline]") {
    const auto b = joint(Samples::prefixes, nullptr);
    using SequentialRecommender = coco::SequentialRecommender<Backbone>;
    Bench<Shop> bench(config<Shop>());
    bench.randomize(2);
    typename SequentialRecommender::Config c;
    c.behaviour.backbone = sasrec();
    c.auxiliary = true;
    const SequentialRecommender base(c, items);
    coco::Parameters<Double> parameters(bench.on, base.layout(), 1);
    coco::Gradients<Double> gradients(bench.on, base.layout());
    for (const coco::Tensor& t : base.layout().tensors()) {
        const Numbers x = bench.value(bench.model.layout().tensor(t.name).ref);
        bench.on.upload(x.data(), parameters.list(t.ref));
    }
    coco::Workspace<Double> work(bench.on);
    coco::Context<Double> ctx = parameters.context(bench.on, work);
    gradients.attach(ctx);
    ctx.training = true;
    ctx.seed = 42;
    ctx.step = 3;
    const coco::Rows<Double> sums = work.keep(1, coco::StepMetrics::entries);
    coco::nn::fill<Double>(bench.on, sums, 0);
    base.step(ctx, coco::upload(ctx, b), coco::TrainingStage::joint, sums.data);
    const Numbers metrics = coco::conformance::downloaded<Double>(bench.on, sums);
    const coco::StepReport report = bench.step(b);
    CHECK(report.groups == 0);
    CHECK(report.open_groups == 0);
    CHECK(metrics[coco::StepMetrics::rec] == bench.metrics[coco::StepMetrics::rec]);
    CHECK(metrics[coco::StepMetrics::aux] == bench.metrics[coco::StepMetrics::aux]);
    for (const coco::Tensor& t : base.layout().tensors()) {
        INFO(t.name);
        CHECK(coco::conformance::downloaded<Double>(bench.on, gradients.view(t.ref)) ==
              bench.gradient(bench.model.layout().tensor(t.name).ref));
    }
}

TEST_CASE("scores use knowledge where it is given, behaviour alone elsewhere", "[pipeline]") {
    Bench<Shop> bench(config<Shop>());
    bench.randomize(2);
    const auto train = people();
    coco::HostBatch b;
    const coco::BatchBuilder builder(sampling(Samples::prefixes), items);
    for (Id u = 0; u < train.users(); ++u)
        builder.add_history(b, u, train.of(u), coco::no_id, u % 2 ? &bench.text : nullptr);
    b.finish(items, window);
    coco::Context<Double> ctx = bench.pass(false);
    const auto batch = coco::upload(ctx, b);
    const auto knowledge = bench.model.extract_knowledge(ctx, batch);
    REQUIRE(knowledge.decoupler.of_group.count() == 3);
    coco::Offsets of;
    for (const Id g : b.group_of_segment) of.push(g < 0 ? 0 : knowledge.decoupler.of_group.length(g));
    const auto with =
        bench.model.score(ctx, batch, coco::CRows<Double>(knowledge.decoupler.out), coco::upload(ctx, of));
    const auto without = bench.model.score(ctx, batch);
    const Numbers with_knowledge = coco::conformance::downloaded<Double>(bench.on, with.rows),
                  ignorant = coco::conformance::downloaded<Double>(bench.on, without.rows);
    for (Index u = 0; u < train.users(); ++u) {
        const auto at = static_cast<std::ptrdiff_t>(u * width);
        const bool same = std::equal(with_knowledge.begin() + at, with_knowledge.begin() + at + width,
                                     ignorant.begin() + at);
        CHECK(same == (u % 2 == 0));
    }
}

TEST_CASE("semantic items: the joint stage starts from the channel; without knowledge it is behaviour",
          "[pipeline][channel]") {
    using Semantic = coco::Pipeline<Backbone, coco::items::Semantic>;
    Bench<Semantic> bench(config<Semantic>());
    bench.set(bench.model.channel().lambda(), {4.0});
    const auto train = people();
    coco::HostBatch b;
    const coco::BatchBuilder builder(sampling(Samples::prefixes), items);
    for (Id u = 0; u < train.users(); ++u) builder.add_history(b, u, train.of(u), coco::no_id, &bench.text);
    b.finish(items, window);
    coco::Context<Double> ctx = bench.pass(false);
    const auto batch = coco::upload(ctx, b);
    const auto knowledge = bench.model.extract_knowledge(ctx, batch);
    const coco::CRows<Double> pure = knowledge.decoupler.out;
    CHECK(pure.cols == bench.model.knowledge_width());
    CHECK(pure.cols == 5);
    const auto vectors = bench.model.item_vectors(ctx);
    const auto rows = [&](const auto& scoring) {
        return coco::conformance::downloaded<Double>(bench.on, scoring.rows);
    };
    const auto with = bench.model.score(ctx, batch, pure, knowledge.decoupler.of_group);
    CHECK(rows(with) == rows(bench.model.channel_score(ctx, batch, vectors)));

    // Knowledge for the users of odd number alone: the others' semantic columns are 0, and h is what it was.
    coco::Offsets of;
    std::vector<double> some;
    const Numbers all = coco::conformance::downloaded<Double>(bench.on, pure);
    for (Index u = 0; u < train.users(); ++u) {
        const Index n = u % 2 ? knowledge.decoupler.of_group.length(u) : 0;
        const auto from = all.begin() + knowledge.decoupler.of_group.begin(u) * pure.cols;
        some.insert(some.end(), from, from + n * pure.cols);
        of.push(n);
    }
    const coco::CRows<Double> few =
        coco::conformance::uploaded(bench.on, bench.work, some, {of.rows(), pure.cols});
    const Numbers mixed = rows(bench.model.score(ctx, batch, few, coco::upload(ctx, of)));
    const auto without = bench.model.score(ctx, batch);
    CHECK(without.vectors.cols == width);
    const Numbers h = rows(without), whole = rows(with);
    const std::size_t d = width, r = static_cast<std::size_t>(pure.cols);
    for (std::size_t u = 0; u < static_cast<std::size_t>(train.users()); ++u)
        for (std::size_t j = 0; j < d + r; ++j) {
            const double x = mixed[u * (d + r) + j];
            if (j < d)
                CHECK(x == h[u * d + j]);
            else
                CHECK(x == (u % 2 ? whole[u * (d + r) + j] : 0));
        }
}

TEST_CASE("a batch whose segments name groups out of order is an error", "[pipeline]") {
    Bench<Shop> bench(config<Shop>());
    coco::HostBatch b = joint(Samples::prefixes, &bench.text);
    REQUIRE(b.groups() > 1);
    const auto with_knowledge = [](Id g) { return g > 0; };
    const auto last = std::find_if(b.group_of_segment.rbegin(), b.group_of_segment.rend(), with_knowledge);
    *last = 0;
    CHECK_THROWS_AS(bench.step(b), coco::Error);
}
