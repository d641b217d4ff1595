//! The main job: a publisher asks for pupils, brings results, and the result comes home with its pupil.

use serde_json::Value;

use super::support::pupils::{edu_v, sample};
use super::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_come_home_with_their_pupils() {
    let world = World::usual().await;
    world.school.say_json(sample("eduv_get_students_school_response.json"));
    let publisher = world.outside("rekenwonder");
    let reply = publisher.get("/from/rekenwonder/students/students/school?limit=50").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let people = edu_v();
    let students: Value = reply.json();
    assert_eq!(students.as_array().unwrap().len(), people.len());

    // The publisher uses what it got: nothing else is known to it.
    let results = sample("eduv_post_results_request_PARTLY_UNVERIFIED.json");
    let mut results: Value = serde_json::from_str(&results).unwrap();
    results.as_object_mut().unwrap().remove("_unverified_student_part");
    let home = results.clone();
    for result in results["studentScoresAndResults"].as_array_mut().unwrap() {
        let student = &mut result["student"];
        if let Some(eck) = student["userMasterIdentifier"].as_str() {
            let out = world.pseudonym("rekenwonder", "eck-id", eck).await;
            assert!(students.to_string().contains(&out), "the publisher got it");
            student["userMasterIdentifier"] = Value::from(out);
        } else {
            let key = student["userIds"][0]["userId"].as_str().unwrap();
            let out = world.pseudonym("rekenwonder", "las-key", key).await;
            assert!(students.to_string().contains(&out), "the publisher got it");
            student["userIds"][0]["userId"] = Value::from(out);
        }
    }
    world.school.say(204, &[], "");
    let reply = publisher.post_json("/from/rekenwonder/results/results", results.to_string()).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    let got: Value = serde_json::from_slice(&world.school.last().body).unwrap();
    assert_eq!(got, home);
    world.clean();
}
